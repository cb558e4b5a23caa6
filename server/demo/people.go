package demo

import (
	"context"
	"fmt"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat/wechatsim"
)

// me is the main resident of the demo; the others are their numbers, 1 to 30.
const me = 0

// residentNames: the first one is the account "resident", the n-th other one "demo-0n".
var residentNames = []string{
	"陈月梅",
	"赵海棠", "孙立群", "李春燕", "王守田", "冯小满", "朱晓雯", "许大川", "曹雪莹", "丁卫东", "苏婉清",
	"顾长松", "蒋一诺", "韩冬生", "杨柳依", "魏明远", "吕秋实", "施慧珍", "孔令和", "方静好", "金波",
	"梁启文", "宋佳禾", "余庆年", "潘玉兰", "田野", "董思源", "袁春晖", "白露", "石建业", "温如意",
}

// worker is an account with working roles. scopes are names of what each grant is for.
type worker struct {
	account, name string
	role          cabin.Role
	scopes        []string
}

// workers beside the deputies. The desk of the demo serves the whole street, so that
// whatever the resident's phone brings, from any community, arrives on the staff's phone.
var workers = []worker{
	{"staff", "程小溪", cabin.Staff, []string{central, enterprise, xinglin, wanghu}},
	{"staff-02", "罗清扬", cabin.Staff, []string{xinglin}},
	{"staff-03", "贺远航", cabin.Staff, []string{wanghu}},
	{"department", "彭立新", cabin.Department, []string{cityWorks}},
	{"department-02", "万晓峰", cabin.Department, []string{housing}},
	{"department-03", "雷宇", cabin.Department, []string{safety}},
	{"department-04", "严如玉", cabin.Department, []string{livelihood}},
	{"liaison", "卢淑芬", cabin.Liaison, []string{"书香社区", "锦绣社区"}},
	{"liaison-02", "姜永福", cabin.Liaison, []string{"杏林社区", "南桥社区"}},
	{"liaison-03", "谭小雅", cabin.Liaison, []string{"望湖社区", "青禾社区"}},
	{"community", "阮红霞", cabin.Community, []string{"书香社区"}},
	{"community-02", "季文清", cabin.Community, []string{"杏林社区"}},
	{"admin", "尹正平", cabin.Admin, nil},
	{"admin-02", "谢云舒", cabin.Admin, nil},
	{"auditor", "康守一", cabin.Auditor, nil},
}

// deputyAccount is the account name of the i-th deputy.
func deputyAccount(i int) string {
	if i == 0 {
		return "deputy"
	}
	return fmt.Sprintf("deputy-%02d", i+1)
}

// residentAccount is the account name of the n-th resident.
func residentAccount(n int) string {
	if n == me {
		return "resident"
	}
	return fmt.Sprintf("demo-%02d", n)
}

// addPeople logs everybody in for the first time and grants the working roles.
func (l *loader) addPeople(ctx context.Context) error {
	for n, name := range residentNames {
		if err := l.addPerson(ctx, residentAccount(n), name); err != nil {
			return err
		}
	}
	for i, d := range deputies {
		if err := l.addPerson(ctx, deputyAccount(i), d.name, cabin.Grant{Role: cabin.Deputy, ScopeID: l.ids[d.name]}); err != nil {
			return err
		}
	}
	for _, w := range workers {
		grants := []cabin.Grant{{Role: w.role}}
		if len(w.scopes) > 0 {
			grants = nil
		}
		for _, scope := range w.scopes {
			grants = append(grants, cabin.Grant{Role: w.role, ScopeID: l.ids[scope]})
		}
		if err := l.addPerson(ctx, w.account, w.name, grants...); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) addPerson(ctx context.Context, account, name string, grants ...cabin.Grant) error {
	p, err := l.db.People.Login(ctx, wechatsim.OpenID(account), wechatsim.UnionID(account))
	if err != nil {
		return err
	}
	if err := l.db.People.Rename(ctx, p.ID, name); err != nil {
		return err
	}
	for _, g := range grants {
		if err := l.db.People.Grant(ctx, p.ID, g); err != nil {
			return err
		}
	}
	l.actors[account], err = l.db.People.Actor(ctx, p.ID)
	return err
}

// actor is the person of an account, or the System.
func (l *loader) actor(account string) cabin.Actor {
	if account == bySystem {
		return cabin.TheSystem
	}
	a, ok := l.actors[account]
	if !ok {
		panic("demo: no account " + account)
	}
	return a
}

const bySystem = "system"

// key makes a creating request of the demo repeatable.
func key(person int64, what string, n int) mysql.Key {
	k := mysql.Key{PersonID: person, Key: fmt.Sprintf("demo-%s-%d", what, n)}
	copy(k.BodyHash[:], k.Key)
	return k
}
