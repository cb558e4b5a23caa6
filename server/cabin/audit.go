package cabin

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// AuditRow is who did what to what, when, from where. Detail holds states and ids, as JSON,
// never words of a person.
type AuditRow struct {
	ID        int64     `db:"id"`
	At        time.Time `db:"at"`
	ActorID   int64     `db:"actor_id"`
	ActorRole Role      `db:"actor_role"`
	Action    string    `db:"action"`
	Kind      string    `db:"object_kind"`
	ObjectID  int64     `db:"object_id"`
	Detail    string    `db:"detail"`
	RequestID string    `db:"request_id"`
	Address   string    `db:"address"`
}

// AuditKinds are what an audit row can be about, in the order in which they are offered.
var AuditKinds = []struct{ ID, Name string }{
	{"report", "反映"}, {"booking", "预约"}, {"talk", "讲座"}, {"wait", "候补"}, {"person", "人员和联系方式"}, {"invite", "邀请码"},
	{"deputy", "代表"}, {"exception", "请假改期"}, {"preset", "规则"}, {"category", "反映的类别"}, {"day", "工作日历"}, {"office", "开站"}, {"station", "联络站"}, {"department", "承办单位"}, {"community", "社区"}, {"liaison", "联络员"}, {"backup", "备份"}, {"speciality", "选民的话"}, {"unmet", "没找到代表的话"},
	{"import", "Excel 导入"}, {"export", "Excel 导出"}, {"check", "内容检查"}, {"push", "微信通知"}, {"visit", "走访"}, {"handover", "交班"}, {"ledger", "台账"}, {"quick_text", "常用语"}, {"agreement", "两人同意"},
}

// AuditKindName is a kind's Chinese name.
func AuditKindName(kind string) string {
	for _, k := range AuditKinds {
		if k.ID == kind {
			return k.Name
		}
	}
	return "其他"
}

var auditTexts = map[string]string{
	"photo.look_under_cover": "看了照片上遮住的部分", "photo.cover_photo": "遮挡了照片中的部分内容", "photo.take_down": "撤下了自己的一张照片", "photo.uncover_photo": "取消了照片的遮挡",
	"check.decide": "判断了一条内容", "check.appeal": "请人重看一条内容",
	"contact.export": "把一页姓名电话写进了名单", "contact.find": "按电话查找了选民", "contact.rename": "改了选民的姓名", "contact.record": "登记了选民的联系方式", "contact.open": "查看了选民的电话",
	"contact.save": "留下了自己的电话", "contact.remove": "删除了自己的电话", "contact.rotate": "用新密钥重新加密了联系方式",
	"report.contact": "改了承办单位能不能查看自己的电话", "report.subjects": "标明了被反映的单位或人",
	"contact.expire": "到期删除了登记的联系方式", "person.delete": "删除了自己的个人数据",
	"push.revive": "再发一次没发出去的通知", "feed.new": "生成了日历订阅地址", "feed.end": "停用了日历订阅地址",
	"import.check": "检查了一份导入表格", "import.apply": "按导入表格更新", "export.ask": "申请导出一份名单", "export.fetch": "下载了导出的文件", "export.refuse": "导出被拒绝，权限已经没有", "exception.add": "请假或加时间", "exception.remove": "撤回请假或加的时间", "leave.reoffer": "请假后给选民改了时间",
	"need.save": "保存了选民的话", "need.remove": "删除了选民的话", "need.dismiss": "不再列出没找到代表的话",
	"visit.log": "记了一次走访", "handover.write": "写了交班留言", "handover.read": "看过了交班留言", "ledger.correct": "更正了台账",
	"agreement.ask": "请另一位管理员同意一件事", "agreement.agreed": "同意了另一位管理员的申请，已办", "agreement.refused": "没有同意另一位管理员的申请", "agreement.withdrawn": "收回了自己的申请", "agreement.expired": "申请没有等到答复，过期了", "agreement.void": "申请办不成了",
	"factor.begin": "绑定了验证器", "factor.replace": "换了验证器", "factor.give": "输入了验证码", "factor.wrong": "输错了验证码", "factor.recover": "用了一个恢复码", "factor.codes": "重新生成了恢复码", "factor.reset": "重置了验证器",
	"quick_text.save": "改了常用语", "quick_text.remove": "停用了常用语",
	"office.street": "改了街道名称", "office.tick": "确认了一步开站准备", "office.categories": "装入了常用的类别", "backup.take": "做了备份",
	"roster.save": "手工改了名册", "roster.close": "停用了名册里的一项", "roster.reopen": "恢复了名册里的一项",
	"invite.withdraw": "收回了邀请码", "role.handover": "移交了角色", "person.unbind": "解绑了丢失的手机", "person.sign_out": "退出了别人的全部登录", "person.desktop": "在电脑上登录", "person.rebind": "重新绑定了微信", "report.join_person": "把一件反映合到了本人的微信里", "person.join": "认出了自己以前登记的", "person.join_at_desk": "当面把选民以前登记的合到了他的微信里", "contact.find_to_join": "为合到微信，按电话查找了选民", "contact.seal": "加密了以前登记的姓名", "contact.unseal": "为退回以前的版本解开了姓名",
	"invite.create": "生成了邀请码", "role.grant": "领取了角色", "role.revoke": "收回了角色",
	"booking.told_by_phone": "打电话告诉了选民", "report.told_by_phone": "打电话告诉了反映人",
	"category.create": "新增了反映的类别", "category.save": "改了反映的类别", "category.order": "调整了类别的顺序",
	"department.create": "新增了承办单位", "department.save": "改了承办单位", "department.close": "停用了承办单位", "department.reopen": "恢复了承办单位",
	"report.watch": "关注了一件反映", "report.hold": "开始经办一件反映", "report.release": "不再经办一件反映", "report.take_over": "接手了同事经办的反映",
	"hours.add": "加了接待时间", "hours.save": "改了接待时间", "hours.remove": "删了接待时间", "hours.cap": "改了每天最多几场",
	"preset.save": "改了规则", "calendar.save": "设了工作日历", "calendar.remove": "删了工作日历的一天", "wait.join": "排进了候补", "demo.begin": "开始装入演示数据", "demo.end": "装完了演示数据",
}

// Text says in Chinese what was done; of a matter's move, its timeline's sentence.
func (r AuditRow) Text() string {
	if text := auditTexts[r.Action]; text != "" {
		return text
	}
	var detail struct{ From, To string }
	_ = json.Unmarshal([]byte(r.Detail), &detail) // of another shape: then by the command alone
	kind, command, _ := strings.Cut(r.Action, ".")
	text := ""
	switch kind {
	case "booking":
		text = sentenceOf(BookingTransitions, command, detail.From, detail.To)
	case "report":
		text = sentenceOf(ReportTransitions, command, detail.From, detail.To)
	case "talk":
		text = sentenceOf(TalkTransitions, command, detail.From, detail.To)
	case "wait":
		text = sentenceOf(WaitTransitions, command, detail.From, detail.To)
	}
	if text == "" && detail.From == "" {
		text = "提交了" + AuditKindName(kind)
	}
	if text == "" {
		text = "处理了" + AuditKindName(kind)
	}
	return text
}

func sentenceOf[S, C ~string](table []Transition[S, C], command, from, to string) string {
	best, score := "", -1
	for _, t := range table {
		if string(t.Command) != command || t.Text == "" {
			continue
		}
		fits := 0
		if string(t.From) == from {
			fits += 2
		}
		if string(t.To) == to {
			fits++
		}
		if fits > score {
			best, score = t.Text, fits
		}
	}
	return best
}

// SealAudit is the hash of a seal over these rows, which come after the seal whose hash is
// prev (nil for the first).
func SealAudit(prev []byte, seal int64, rows []AuditRow) []byte {
	h := sha256.New()
	h.Write([]byte("warmcabin audit seal 1\n"))
	put(h, string(prev))
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	number(seal)
	number(int64(len(rows)))
	for _, r := range rows {
		number(r.ID)
		number(r.At.UnixMilli())
		number(r.ActorID)
		number(r.ObjectID)
		put(h, string(r.ActorRole), r.Action, r.Kind, r.Detail, r.RequestID, r.Address)
	}
	return h.Sum(nil)
}

// ActorName is who did it: a working person by name, a resident by number only.
func (r AuditRow) ActorName(name string) string {
	switch {
	case r.ActorID == 0:
		return System.Name()
	case r.ActorRole == Resident || name == "":
		return fmt.Sprintf("%s %d", r.ActorRole.Name(), r.ActorID)
	}
	return name
}
