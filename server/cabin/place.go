package cabin

// Station is a deputies' liaison station (联络站). ParentID 0 is the root of the tree.
type Station struct {
	ID       int64    `db:"id"`
	ParentID int64    `db:"parent_id"`
	Kind     string   `db:"kind"` // central, enterprise, community, branch
	Name     string   `db:"name"`
	Address  string   `db:"address"`
	Hours    string   `db:"hours"` // for people: 周一至周五 9:00–17:00
	Phone    string   `db:"phone"`
	Lat      *float64 `db:"lat"`
	Lng      *float64 `db:"lng"`
	Closed   bool     `db:"closed"`
	Rooms    []Room   `db:"-"`
}

// Room is a room of a station (办公区, 接待选民区, 学习活动区, 选民活动室).
type Room struct {
	ID        int64  `db:"id"`
	StationID int64  `db:"station_id"`
	Name      string `db:"name"`
}

var stationKinds = map[string]string{
	"central": "中心站", "enterprise": "企业站", "community": "社区站", "branch": "分站",
}

// StationKindName is the Chinese name of a kind of station.
func StationKindName(kind string) string { return stationKinds[kind] }

// StationKindNamed is StationKindName's way back, "" for none.
func StationKindNamed(name string) string { return named(stationKinds, name) }

func named(names map[string]string, name string) string {
	for key, n := range names {
		if n == name {
			return key
		}
	}
	return ""
}

// DeputyProfile is a people's deputy as residents see them.
type DeputyProfile struct {
	ID           int64     `db:"id"`
	Name         string    `db:"name"`
	Level        string    `db:"level"` // national, province, city, district, town
	Constituency string    `db:"constituency"`
	Term         string    `db:"term"`
	Title        string    `db:"title"` // what they do for a living
	Bio          string    `db:"bio"`
	PhotoID      string    `db:"photo_id"`
	StationID    int64     `db:"station_id"`
	StationName  string    `db:"station_name"`
	Specialities []string  `db:"-"`
	Services     []Service `db:"-"`
	Reason       string    `db:"-"` // why this deputy was matched to a need
	Earliest     *Slot     `db:"-"`
}

var levels = map[string]string{
	"national": "全国人大代表", "province": "省人大代表", "city": "市人大代表",
	"district": "区人大代表", "town": "镇人大代表",
}

// LevelName is the Chinese name of a deputy's level.
func LevelName(level string) string { return levels[level] }

// LevelNamed is LevelName's way back, "" for none.
func LevelNamed(name string) string { return named(levels, name) }

// Service is what a deputy offers.
type Service string

// The services.
const (
	TalkOne    Service = "talk_one"
	GroupTalk  Service = "group_talk"
	Enterprise Service = "enterprise"
	PhoneCall  Service = "phone"
)

var serviceNames = map[Service]string{
	TalkOne: "面谈", GroupTalk: "讲座", Enterprise: "企业咨询", PhoneCall: "电话",
}

// Name is the service's Chinese name.
func (s Service) Name() string { return serviceNames[s] }

// Valid tells whether s is one of the services.
func (s Service) Valid() bool { return serviceNames[s] != "" }

// Named is an id with its Chinese name: a community, a department.
type Named struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
	Duty string `db:"duty"`
}
