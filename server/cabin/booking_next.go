package cabin

import (
	"slices"
	"time"
)

// Next says who does what by when, to this reader.
func (b *Booking) Next(a Actor, now time.Time, p Presets) string {
	roles := b.RolesOf(a)
	mine := slices.Contains(roles, Resident)
	by := ""
	if b.HoldUntil != nil {
		by = "，最晚 " + MomentText(*b.HoldUntil)
	}
	switch b.effective(now) {
	case Requested:
		if b.DisplacedAt != nil {
			return displacedNext(mine) + by
		}
		if !mine && slices.Contains(roles, Deputy) {
			return "等您答复选民" + by
		}
		if b.Waiting == Staff && !mine {
			return "代表没有答复，请联络站跟进" + by
		}
		if b.Waiting == Staff {
			return "代表还没有答复，联络站正在跟进" + by
		}
		return "等代表答复" + by
	case Countered:
		if mine {
			return "请您看看新的时间行不行" + by
		}
		if !b.ResidentWeChat && slices.Contains(roles, Staff) {
			return "选民没有微信，请打电话问问新的时间行不行" + by
		}
		return "等选民选择" + by
	case Confirmed:
		if b.DisplacedAt != nil {
			return displacedNext(mine)
		}
		if mine && b.TalkID != 0 {
			return "请您按时到" + firstText(b.TalkPlace, b.StationName+b.RoomName)
		}
		if mine && b.Service == PhoneCall {
			return "请您在约定的时间留意来电"
		}
		if mine {
			return "请您按时到" + b.StationName + b.RoomName
		}
		if b.DeputyHereAt != nil {
			return "代表已到站，等选民来"
		}
		return "按时接待选民"
	case CheckedIn:
		return "正在接待"
	case Completed:
		if b.Stars == 0 && mine {
			return "请您评价这次接待"
		}
	case NoShow:
		return b.absentNext(roles, now, p)
	case Declined, Expired:
		if mine {
			return "您可以换个时间，或者换一位代表再约"
		}
	}
	return ""
}

// absentNext says until when a mark can be undone, and objected to by whom it is about.
func (b *Booking) absentNext(roles []Role, now time.Time, p Presets) string {
	desk := slices.Contains(roles, Staff)
	switch {
	case b.Objection == ObjectionPending && desk:
		return "请核实异议，撤销或者维持记录"
	case b.Objection == ObjectionPending:
		return "等联络站核实异议"
	case b.AbsentAt == nil || b.Objection == ObjectionUpheld && !desk:
		return "" // what was decided stands in the timeline: nothing follows
	}
	undo, object := b.AbsentAt.Add(p.UndoWithin), b.AbsentAt.AddDate(0, 0, p.ObjectDays)
	switch {
	case slices.Contains(roles, b.AbsentSide) && now.Before(object):
		return "记录有误的话，" + MomentText(object) + " 前可以提出异议，联络站会核实"
	case desk && now.Before(undo):
		return "记错了的话，" + MomentText(undo) + " 前可以撤销"
	case slices.Contains(roles, Deputy) && now.Before(undo):
		return "记错了的话，请联络站在 " + MomentText(undo) + " 前撤销"
	}
	return ""
}

func displacedNext(mine bool) string {
	if mine {
		return "代表这个时间有事，联络站会尽快与您另约时间"
	}
	return "代表这个时间有事，请给选民另约时间"
}
