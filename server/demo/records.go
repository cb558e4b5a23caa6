package demo

import (
	"context"
	"fmt"
	"time"

	"warmcabin/server/cabin"
)

// walk is a visit of a liaison officer.
type walk struct {
	by, community, place, whom, heard, deputy string
	at                                        moment
}

var walks = []walk{
	{"liaison", "书香社区", "9 号楼前", "楼栋居民", "说起楼前的健身器材松了，小孩子爱往上爬，希望早点修。", "林晓慧", daysAgo(2, "10:20")},
	{"liaison", "书香社区", "社区食堂", "独居老人", "饭菜合口味，就是周末不开门，两顿饭没有着落。", "", daysAgo(6, "11:40")},
	{"liaison", "锦绣社区", "东门早餐铺", "商户", "凌晨送货没有地方停车，常和上班的人争。愿意错开时间。", "", daysAgo(9, "7:30")},
	{"liaison-02", "杏林社区", "12 号楼", "楼组长", "加装电梯又多了两户同意，还差一楼一户，想请代表再讲一讲。", "", daysAgo(3, "15:00")},
	{"liaison-02", "南桥社区", "桥下小广场", "家长", "晚上跳舞声音大，孩子写作业静不下来，希望约个时间。", "", daysAgo(16, "19:10")},
	{"liaison-03", "望湖社区", "湖边步道", "楼栋居民", "步道有几块板翘起来，雨天滑。已经拍了照。", "", daysAgo(5, "8:15")},
	{"liaison-03", "青禾社区", "青禾小厂", "企业职工", "厂里班车停在路口不避让，早上过马路要等很久。", "", daysAgo(33, "16:30")},
}

// notes of shifts at the central station.
var shiftNotes = []struct {
	by, text, read string
	at             moment
}{
	{"staff", "接待室空调遥控器在前台第二个抽屉；周三下午的讲座借了投影，用完还到五楼。", "", daysAgo(4, "17:30")},
	{"staff-02", "今天来了一位听力不好的老人，写字交流最好；他下周还会来，请提前准备白板。", "staff", daysAgo(3, "17:35")},
	{"staff-02", "12 号楼的积水照片已经补来了，请明早第一件就交办；催办电话打过，对方说上午到现场。", "", ago(14 * time.Hour)},
}

// planRecords are the visits and the notes of shifts.
func (l *loader) planRecords() []act {
	var acts []act
	for i, w := range walks {
		at := w.at(l.calendar)
		acts = append(acts, act{at.Add(25 * time.Minute), "visit to " + w.place, func(ctx context.Context) error {
			a := l.actor(w.by)
			_, err := l.db.Visits.Log(ctx, key(a.PersonID, "visit", i), a, cabin.Visit{CommunityID: l.ids[w.community], DeputyID: l.ids[w.deputy], VisitedAt: at, PlaceText: w.place, Whom: w.whom, Heard: w.heard})
			return err
		}})
	}
	for i, n := range shiftNotes {
		acts = append(acts, act{n.at(l.calendar), fmt.Sprint("note ", i), func(ctx context.Context) error {
			a := l.actor(n.by)
			h, err := l.db.Handovers.Write(ctx, key(a.PersonID, "handover", i), a, l.shiftStation(a), n.text)
			if err != nil || n.read == "" {
				return err
			}
			return l.db.Handovers.Acknowledge(ctx, l.actor(n.read), h.ID)
		}})
	}
	return acts
}

// shiftStation is the first station that a staff member serves.
func (l *loader) shiftStation(a cabin.Actor) int64 {
	if ids := a.Scopes(cabin.Staff); len(ids) > 0 {
		return ids[0]
	}
	return l.ids[central]
}
