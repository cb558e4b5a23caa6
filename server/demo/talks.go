package demo

import (
	"context"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// party is who signed up with how many people, in this order.
type party struct {
	who, people int
	came        bool // of a talk that is over
	stars       int
	rating      string
}

// talk is the story of one group talk. day is about when it is, from today; without it
// the proposal still waits for its time.
type talk struct {
	deputy             int
	community, account string // the host, and who proposed it for them
	topic, intro, wish string
	seats, day         int
	place              string // the host's own; or a station with its room
	station, room      string
	evening            bool // 19:00–20:30 on a working day's evening, else 16:30–18:00 at the weekend
	seated, line       []party
	record             string // of one that is over
}

// talks are at hours at which no deputy receives.
var talks = []talk{
	{
		deputy: 0, community: "书香社区", account: "community", seats: 30, day: 4, evening: true,
		topic: "冬天怎么护心护膝", intro: "天一冷，血压和膝盖最先知道。讲怎么穿、怎么走、什么时候该去医院，现场量血压，也教一套坐着就能做的操。",
		wish: "晚饭以后", place: "书香苑居民活动中心一楼", seated: []party{{who: 2, people: 2}, {who: 3, people: 1}, {who: 5, people: 2}},
	},
	{
		deputy: 7, community: "望湖社区", account: "liaison-03", seats: 25, day: 9,
		topic: "阳台种菜：冬天也有绿", intro: "从一盆小葱开始。带三种好活的苗，讲土、讲光、讲什么时候浇水，孩子也欢迎。",
		wish: "周末下午", station: wanghu, room: activity, seated: []party{{who: 12, people: 2}, {who: 10, people: 3}},
	},
	{
		deputy: 10, community: "锦绣社区", account: "liaison", seats: 20, day: 7, evening: true,
		topic: "青春期的孩子怎么聊", intro: "不讲大道理，只讲三句话：先听、后问、再商量。可以带上您家里最头疼的一件事。",
		wish: "工作日晚上", station: central, room: "学习活动区", seated: []party{{who: 6, people: 4}, {who: 13, people: 4}, {who: 14, people: 5}, {who: 19, people: 5}},
	},
	{
		deputy: 6, community: "南桥社区", account: "liaison-02", seats: 15, day: 3,
		topic: "照顾老人，也照顾好自己", intro: "扶起、翻身、喂饭都有省力的办法。也说说照顾的人累了该找谁。",
		wish: "周六周日都可以", station: central, room: activity, seated: []party{{who: 16, people: 5}, {who: 17, people: 5}, {who: 21, people: 5}},
		line: []party{{who: 22, people: 2}, {who: 18, people: 1}, {who: 20, people: 1}},
	},
	{
		deputy: 0, community: "杏林社区", account: "community-02", seats: 40,
		topic: "冬季健康保健", intro: "应选民要求，想请林代表到社区讲一讲健康保健：血压、睡眠和更年期，大家问得最多。我们准备场地和热茶。", wish: "周末下午，最好在月底前",
	},
	{
		deputy: 0, community: "书香社区", account: "community", seats: 30, day: -10,
		topic: "老年人怎样睡得好", intro: "睡前一小时怎么过，安眠药怎么吃才稳妥。", wish: "周末", place: "书香苑居民活动中心一楼",
		seated: []party{{who: 11, people: 2, came: true, stars: 5, rating: "讲得明白，还教我们做放松操。"}, {who: 7, people: 1, came: true, stars: 4, rating: "很好，就是时间短。"}, {who: 8, people: 3, came: true}, {who: 20, people: 2, came: true, stars: 5}, {who: 15, people: 1}},
		record: "到场八人，讲睡前一小时怎么过，现场量了血压，有三位建议去门诊复查。约好开春讲血压。",
	},
}

// when is the first suitable day from day on; of one that is over, from day back.
func (v talk) when(c calendar) (start, end time.Time) {
	day, step := c.today().AddDate(0, 0, v.day), 1
	if v.day < 0 {
		step = -1
	}
	for ; ; day = day.AddDate(0, 0, step) {
		holiday, _ := (cabin.Calendar{}).Holiday(day)
		weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		if holiday == "" && (v.evening && !weekend && day.Weekday() != time.Wednesday || !v.evening && weekend) {
			break
		}
	}
	start = day.Add(sinceMidnight("16:30"))
	if v.evening {
		start = day.Add(sinceMidnight("19:00"))
	}
	return start, start.Add(90 * time.Minute)
}

func (l *loader) planTalks() []act {
	var acts []act
	for i, v := range talks {
		s := &talkStory{l: l, v: v, n: i}
		s.plan()
		acts = append(acts, s.acts...)
	}
	return acts
}

// talkStory collects the acts of one talk; id is known once it is proposed.
type talkStory struct {
	l    *loader
	v    talk
	n    int
	id   int64
	acts []act
}

func (s *talkStory) add(at time.Time, what string, do func(context.Context) error) {
	s.acts = append(s.acts, act{at, "talk “" + s.v.topic + "”: " + what, do})
}

func (s *talkStory) plan() {
	today := s.l.calendar.today()
	if s.v.day == 0 {
		s.propose(today.AddDate(0, 0, -2))
		return
	}
	start, end := s.v.when(s.l.calendar)
	first := today // of the days on which people sign up
	if s.v.day < 0 {
		first = start.AddDate(0, 0, -2)
	}
	s.propose(first.AddDate(0, 0, -12))
	s.command(at(first.AddDate(0, 0, -11), 15, s.n), deputyAccount(s.v.deputy), cabin.TalkSchedule, cabin.Input{
		Seats: s.v.seats, Place: s.v.place, Offer: &cabin.Slot{Start: start, End: end, RoomID: s.l.ids[s.v.station+s.v.room]},
	})
	for i, p := range s.v.seated {
		s.signUp(at(first.AddDate(0, 0, -6+i), 9+i, 7*s.n), i, p, start, end)
	}
	for i, p := range s.v.line {
		s.join(at(first.AddDate(0, 0, -1), 9+2*i, 13), i, p)
	}
	if s.v.record != "" {
		s.command(end.Add(40*time.Minute), deputyAccount(s.v.deputy), cabin.TalkFinish, cabin.Input{Note: s.v.record})
	}
}

// at is a time of this day.
func at(day time.Time, hour, minute int) time.Time {
	y, m, d := day.In(cabin.Shanghai).Date()
	return time.Date(y, m, d, hour, minute, 0, 0, cabin.Shanghai)
}

func (s *talkStory) propose(day time.Time) {
	s.add(at(day, 10, 5*s.n), "propose", func(ctx context.Context) error {
		who := s.l.actor(s.v.account)
		t, err := s.l.db.Talks.Propose(ctx, key(who.PersonID, "talk", s.n), mysql.NewTalk{
			Actor: who, DeputyID: s.l.ids[deputies[s.v.deputy].name], CommunityID: s.l.ids[s.v.community],
			Topic: s.v.topic, Intro: s.v.intro, Wish: s.v.wish, Seats: s.v.seats,
		})
		if err == nil {
			s.id = t.ID
		}
		return err
	})
}

func (s *talkStory) command(when time.Time, account string, c cabin.TalkCommand, in cabin.Input) {
	s.add(when, string(c), func(ctx context.Context) error {
		_, err := s.l.db.Talks.Command(ctx, s.l.actor(account), s.id, c, in)
		return err
	})
}

func (s *talkStory) signUp(when time.Time, i int, p party, start, end time.Time) {
	var seat int64
	who := residentAccount(p.who)
	s.add(when, "sign up", func(ctx context.Context) error {
		a := s.l.actor(who)
		b, err := s.l.db.Bookings.SignUp(ctx, key(a.PersonID, "seat", 10*s.n+i), mysql.SignUp{Actor: a, ResidentID: a.PersonID, TalkID: s.id, Party: p.people})
		if err == nil {
			seat = b.ID
		}
		return err
	})
	move := func(at time.Time, account string, c cabin.BookingCommand, in cabin.Input) {
		s.add(at, string(c), func(ctx context.Context) error {
			_, err := s.l.db.Bookings.Command(ctx, s.l.actor(account), seat, c, in)
			return err
		})
	}
	if p.came {
		move(start.Add(time.Duration(i-12)*time.Minute), desk, cabin.BookingCheckIn, cabin.Input{})
	}
	if p.stars > 0 {
		move(end.Add(2*time.Hour+time.Duration(11*i)*time.Minute), who, cabin.BookingRate, cabin.Input{Stars: p.stars, Text: p.rating})
	}
}

func (s *talkStory) join(when time.Time, i int, p party) {
	s.add(when, "join the line", func(ctx context.Context) error {
		a := s.l.actor(residentAccount(p.who))
		_, err := s.l.db.Waits.Join(ctx, key(a.PersonID, "line", 10*s.n+i), mysql.NewWait{ResidentID: a.PersonID, TalkID: s.id, Party: p.people})
		return err
	})
}
