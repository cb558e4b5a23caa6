package cabin

import (
	"fmt"
	"strings"
	"time"
)

// SetupFacts are what the setting up of a station is judged by, as it is at one moment.
// Lists hold names of what lacks something.
type SetupFacts struct {
	Now                time.Time
	Street             string
	Stations           int
	Central            int      // of them, central ones
	StationsBare       []string // no hours, or no phone
	StationsRoomless   []string
	StationsUnstaffed  []string // nobody holds the role for it
	Departments        int
	DepartmentsUnbound []string
	Communities        int
	CommunitiesNoArea  []string // no constituency
	Categories         int
	CategoriesLost     []string // no department, or a closed one
	Deputies           int
	DeputiesHourless   []string
	DeputiesUnbound    []string
	DeputiesUnknown    []string // neither speciality nor service
	Admins             int
	FactorNeeded       bool     // admins and auditors must have a second factor
	FactorMissing      []string // of them, who has none yet
	SpecialitiesMute   []string // no word of residents leads to them
	PresetsChanged     int
	TemplatesMissing   []string
	Simulated          bool // WeChat is the simulator
	ThisYear, NextYear bool // whether the year's holidays are known
	LastBackup         *time.Time
	Ticks              map[string]SetupTick
}

// SetupTick is what a person said about a step that only a person can know.
type SetupTick struct {
	ByName string
	At     time.Time
}

// SetupState says how a step stands.
type SetupState string

// The states: todo stops people from being served, advice does not.
const (
	SetupTodo   SetupState = "todo"
	SetupAdvice SetupState = "advice"
	SetupDone   SetupState = "done"
)

// SetupStep is one line of the checklist.
type SetupStep struct {
	ID      string
	Title   string
	Why     string // what is not possible without it
	State   SetupState
	Stands  string   // what is there
	Missing []string // what is not, in sentences
	Page    string   // where it is mended by hand; "" = not on a screen
	Import  bool     // an Excel import mends it too
	Help    string   // what to do where no page does it
	Ticked  *SetupTick
	ByHand  bool // a person says that it is done
}

// SetupTickable are the steps that a person says to be done.
var SetupTickable = map[string]string{"presets": "核对了规则", "phones": "做了真机走查"}

const setupShown = 5

// someOf names a few of a list.
func someOf(names []string, unit string) string {
	if len(names) <= setupShown {
		return strings.Join(names, "、")
	}
	return fmt.Sprintf("%s等 %d %s", strings.Join(names[:setupShown], "、"), len(names), unit)
}

// step collects what is missing of one line.
func (s *SetupStep) lacks(is bool, state SetupState, format string, args ...any) *SetupStep {
	if !is {
		return s
	}
	s.Missing = append(s.Missing, fmt.Sprintf(format, args...))
	if s.State != SetupTodo {
		s.State = state
	}
	return s
}

// lacksSome is lacks for a list of names.
func (s *SetupStep) lacksSome(state SetupState, names []string, unit, format string) *SetupStep {
	return s.lacks(len(names) > 0, state, format, someOf(names, unit))
}

func (s *SetupStep) ticked(f *SetupFacts) *SetupStep {
	s.ByHand = true
	if t, ok := f.Ticks[s.ID]; ok {
		s.Ticked = &t
	}
	return s
}

// Setup is the checklist of setting up, in the order in which it is done. Everything but
// Ticked is judged from what is there.
func (f *SetupFacts) Setup() []SetupStep {
	steps := []*SetupStep{
		f.street(), f.stations(), f.departments(), f.communities(), f.categories(), f.deputies(), f.people(), f.factors(), f.presets(), f.needs(), f.templates(), f.holidays(), f.backup(), f.phones(),
	}
	out := make([]SetupStep, len(steps))
	for i, s := range steps {
		if s.State == "" {
			s.State = SetupDone
		}
		out[i] = *s
	}
	return out
}

func (f *SetupFacts) street() *SetupStep {
	s := &SetupStep{ID: "street", Title: "街道名称", Why: "邀请单的抬头，领身份的人看到是哪个街道。", Stands: f.Street, Page: "/sub-admin/street"}
	return s.lacks(f.Street == "", SetupTodo, "还没有填街道名称。")
}

func (f *SetupFacts) stations() *SetupStep {
	s := &SetupStep{ID: "stations", Title: "联络站", Why: "预约、反映都要落到一个站，由它的工作人员接手。", Stands: fmt.Sprintf("%d 个联络站", f.Stations), Page: "/sub-admin/roster?kind=station", Import: true}
	s.lacks(f.Stations == 0, SetupTodo, "还没有联络站。先建中心站，再建社区站。")
	s.lacks(f.Stations > 0 && f.Central == 0, SetupAdvice, "还没有中心站：没有选社区的反映会交给编号最小的站。")
	s.lacksSome(SetupAdvice, f.StationsBare, "个站", "%s没有写开放时间或电话，居民不知道什么时候去、打给谁。")
	return s.lacksSome(SetupAdvice, f.StationsRoomless, "个站", "%s没有房间，面谈不能占房间，可能撞在一起。")
}

func (f *SetupFacts) departments() *SetupStep {
	s := &SetupStep{ID: "departments", Title: "承办单位", Why: "反映要交办给一个单位，没有单位就只能由联络站自己答复。", Stands: fmt.Sprintf("%d 个承办单位", f.Departments), Page: "/sub-admin/roster?kind=department", Import: true}
	return s.lacks(f.Departments == 0, SetupTodo, "还没有承办单位。")
}

func (f *SetupFacts) communities() *SetupStep {
	s := &SetupStep{ID: "communities", Title: "社区", Why: "居民反映时选社区，事情才到得了该管的站；社区的选区决定是哪位代表的选民。", Stands: fmt.Sprintf("%d 个社区", f.Communities), Page: "/sub-admin/roster?kind=community", Import: true}
	s.lacks(f.Communities == 0, SetupTodo, "还没有社区。")
	return s.lacksSome(SetupAdvice, f.CommunitiesNoArea, "个社区", "%s没有写选区，选区里的代表看不到这里的事。")
}

func (f *SetupFacts) categories() *SetupStep {
	s := &SetupStep{ID: "categories", Title: "反映的类别", Why: "居民先选类别；类别决定问什么、多少个工作日答复、默认交给哪个单位。", Stands: fmt.Sprintf("%d 个类别", f.Categories), Page: "/sub-admin/categories"}
	s.lacks(f.Categories == 0, SetupTodo, "还没有类别，居民现在不能反映问题。")
	return s.lacksSome(SetupAdvice, f.CategoriesLost, "个类别", "%s没有默认的承办单位，每次都要人工选。")
}

func (f *SetupFacts) deputies() *SetupStep {
	s := &SetupStep{ID: "deputies", Title: "人大代表", Why: "居民预约的就是他们；没有接待时间就没有能约的时间。", Stands: fmt.Sprintf("%d 位代表", f.Deputies), Page: "/sub-admin/roster?kind=deputy", Import: true}
	s.lacks(f.Deputies == 0, SetupTodo, "还没有代表。")
	state := SetupAdvice
	if f.Deputies > 0 && len(f.DeputiesHourless) == f.Deputies {
		state = SetupTodo
	}
	s.lacksSome(state, f.DeputiesHourless, "位", "%s还没有接待时间，约不到。代表自己可以设，联络站也可以代设。")
	return s.lacksSome(SetupAdvice, f.DeputiesUnknown, "位", "%s没有写擅长和服务方式，居民按需要找不到。")
}

func (f *SetupFacts) people() *SetupStep {
	s := &SetupStep{ID: "people", Title: "人员到位", Why: "每个身份要有人领：事情到了没有人看的地方就停在那里。", Stands: fmt.Sprintf("%d 位管理员", f.Admins), Page: "/sub-admin/people"}
	s.lacks(f.Admins < 2, SetupTodo, "只有一位管理员。请再邀请一位：丢了手机还有人能处理。")
	s.lacksSome(SetupTodo, f.StationsUnstaffed, "个站", "%s没有工作人员，来的预约和反映没有人接。")
	s.lacksSome(SetupAdvice, f.DepartmentsUnbound, "个单位", "%s还没有人领身份，交办了也没有人知道。")
	return s.lacksSome(SetupAdvice, f.DeputiesUnbound, "位代表", "%s还没有领身份，预约要由联络站代答复。")
}

func (f *SetupFacts) factors() *SetupStep {
	s := &SetupStep{ID: "factor", Title: "验证器", Why: "管理员和审计看得到、改得了的最多：除了微信，再用验证器确认是本人。", Page: "/sub-admin/factor", Help: "各人在自己手机上绑定：我的 → 账号安全。"}
	if f.FactorNeeded {
		return s.lacksSome(SetupTodo, f.FactorMissing, "位", "%s还没有绑定，管理员和审计的功能打不开。")
	}
	return s.lacksSome(SetupAdvice, f.FactorMissing, "位", "%s还没有绑定。正式上线后必须绑定。")
}

func (f *SetupFacts) presets() *SetupStep {
	s := &SetupStep{ID: "presets", Title: "规则", Why: "提前多久能约、多少个工作日答复，都按这里算；默认值能用，但要有人核对过。", Stands: "都是默认值", Page: "/sub-office/presets"}
	if f.PresetsChanged > 0 {
		s.Stands = fmt.Sprintf("改过 %d 项，其余是默认值", f.PresetsChanged)
	}
	s.ticked(f)
	return s.lacks(s.Ticked == nil, SetupAdvice, "还没有人说核对过。")
}

func (f *SetupFacts) needs() *SetupStep {
	s := &SetupStep{ID: "needs", Title: "选民的话", Why: "居民说“睡不好”，就推荐懂这个的代表；没有对上话就推荐不出来。", Page: "/sub-office/needs"}
	return s.lacksSome(SetupAdvice, f.SpecialitiesMute, "项擅长", "%s还没有对应的话。")
}

func (f *SetupFacts) templates() *SetupStep {
	s := &SetupStep{ID: "templates", Title: "微信通知模板", Why: "有了模板，预约结果、办理进度才能发到微信；没有就只在小程序的消息里。",
		Help: "在 mp.weixin.qq.com 选模板，编号写进服务器的配置，再运行 warmcabin wechat check。"}
	s.lacksSome(SetupTodo, f.TemplatesMissing, "个模板", "%s还没有编号。")
	if s.lacks(f.Simulated, SetupAdvice, "现在连的是微信模拟器，只用于开发和演示。"); f.Simulated {
		s.Help = ""
	}
	if s.State == "" {
		s.Stands = "六个模板都有编号"
	}
	return s
}

// publishing is when the State Council usually publishes the next year's holidays.
const publishing = time.November

func (f *SetupFacts) holidays() *SetupStep {
	year := f.Now.In(Shanghai).Year()
	s := &SetupStep{ID: "holidays", Title: "放假和调休", Why: "期限按工作日算；放假的日子不能约，调休上班的日子能约。", Page: "/sub-office/calendar", Import: true}
	s.lacks(!f.ThisYear, SetupTodo, "不知道 %d 年的放假安排，期限只按周末算。", year)
	s.lacks(!f.NextYear && f.Now.In(Shanghai).Month() >= publishing, SetupAdvice, "还没有 %d 年的放假安排，国务院公布后请导入或在日历里设。", year+1)
	if s.State == "" {
		s.Stands = fmt.Sprintf("%d 年的已经有了", year)
	}
	return s
}

// backupFresh is how old the last backup may be.
const backupFresh = 48 * time.Hour

func (f *SetupFacts) backup() *SetupStep {
	s := &SetupStep{ID: "backup", Title: "备份", Why: "机器坏了，昨天的事还在。备份和密钥分开放，试着恢复一次才算数。",
		Help: "在服务器上启用 warmcabin-backup.timer，或每晚运行 warmcabin backup。"}
	if f.LastBackup == nil {
		return s.lacks(true, SetupTodo, "还没有备份过。")
	}
	s.Stands = "最近一次 " + MomentText(*f.LastBackup)
	return s.lacks(f.Now.Sub(*f.LastBackup) > backupFresh, SetupTodo, "最近一次备份是 %s，超过两天了，请看看定时任务。", MomentText(*f.LastBackup))
}

func (f *SetupFacts) phones() *SetupStep {
	s := &SetupStep{ID: "phones", Title: "真机走查", Why: "微信的登录、通知、扫码只有在真手机上才看得准，请按说明走一遍。", Help: "照 README“构建和人工走查”，安卓和苹果各一部，走完预约和反映，确认通知真的到了。"}
	s.ticked(f)
	return s.lacks(s.Ticked == nil, SetupAdvice, "还没有人说走查过。")
}

// StartCategory is a category to begin with.
type StartCategory struct {
	Name, Hint string
	Days       int
	Urgent     bool
}

// StartCategories are the nine of the domain, for an office that has none yet.
var StartCategories = []StartCategory{
	{"城市环境", "哪里脏了、乱了、吵了，什么时候最严重？", 5, false},
	{"物业管理", "哪个小区，找过物业没有，物业怎么说？", 5, false},
	{"道路积水", "在哪一段路，下多久雨会积水，积多深？", 5, false},
	{"公共设施", "什么设施坏了，坏了多久，影响谁？", 5, false},
	{"安全隐患", "有什么危险，现在有没有人受伤？紧急的请先打 110、119。", 1, true},
	{"关心下一代", "和孩子、学校有关的什么事？", 5, false},
	{"政策咨询", "想了解哪项政策，自己是什么情况？", 5, false},
	{"企业服务", "什么企业，遇到什么困难，希望谁来帮？", 15, false},
	{"其他", "请说说是什么事、在哪里。", 5, false},
}
