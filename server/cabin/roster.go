package cabin

import (
	"slices"
	"strings"
)

// RosterKind is one sort of what the office brings in a workbook.
type RosterKind string

// The kinds.
const (
	RosterStation    RosterKind = "station"
	RosterDepartment RosterKind = "department"
	RosterCommunity  RosterKind = "community"
	RosterBuilding   RosterKind = "building"
	RosterDeputy     RosterKind = "deputy"
	RosterLiaison    RosterKind = "liaison"
	RosterHoliday    RosterKind = "holiday"
)

// RosterKinds in the order in which they are written: what is named stands before what
// names it.
var RosterKinds = []RosterKind{RosterStation, RosterDepartment, RosterCommunity, RosterBuilding, RosterDeputy, RosterLiaison, RosterHoliday}

// MaxRosterRows is how many rows one workbook may bring.
const MaxRosterRows = 10_000

// RosterClear in a cell empties what was there; an empty cell leaves it as it is.
const RosterClear = "清空"

// RosterColumn is a column of a kind's sheet. Values are kept in one canonical form, so
// that what is there and what comes can be compared as texts.
type RosterColumn struct {
	Title    string
	Aliases  []string // other headings that people write
	Required bool
	Hint     string // below the heading in the template
	Examples [2]string
	Width    float64
	List     bool       // several names, joined with 、
	Names    RosterKind // whose names it holds; "" = none
	Date     bool       // a day: a reader of workbooks turns date cells into 2006-01-02
	Secret   bool       // shown masked, never exported
	read     func(text string) (value, fault string)
}

// Read turns what stands in a cell into the canonical value; fault says in Chinese how to
// mend what cannot be read. An empty text has no value and no fault.
func (c *RosterColumn) Read(text string) (value, fault string) {
	text = strings.Join(strings.Fields(Clean(text)), " ")
	if text == "" {
		return "", ""
	}
	if narrow(text) == RosterClear {
		if c.Required {
			return "", "“" + c.Title + "”必须有内容，不能清空"
		}
		return RosterClear, ""
	}
	return c.read(text)
}

// Shown is a value as people may see it on a screen.
func (c *RosterColumn) Shown(value string) string {
	if c.Secret && len(value) == mobileDigits {
		return value[:3] + "****" + value[7:]
	}
	return value
}

// RosterSheetDef is what a kind's sheet is called and holds.
type RosterSheetDef struct {
	Kind    RosterKind
	Sheet   string // its name in the workbook
	Unit    string // 位代表, 个联络站, 天
	Columns []RosterColumn
	key     func(values []string) string // what makes two rows one thing
	second  func(values []string) string // finds what got another key, where only one fits; nil = nothing does
}

// Label names a thing of this kind for people.
func (d *RosterSheetDef) Label(values []string) string {
	switch d.Kind {
	case RosterDeputy:
		return deputyRef(values[0], values[3])
	case RosterBuilding:
		return values[0] + " " + values[1]
	}
	return values[0]
}

// column returns the index of a column by its title; a title that is not there panics: the
// tables stand in this file.
func (d *RosterSheetDef) column(title string) int {
	i := slices.IndexFunc(d.Columns, func(c RosterColumn) bool { return c.Title == title })
	if i < 0 {
		panic("cabin: no column " + title)
	}
	return i
}

// RosterDef describes a kind, nil when there is none.
func RosterDef(kind RosterKind) *RosterSheetDef {
	for i := range rosterDefs {
		if rosterDefs[i].Kind == kind {
			return &rosterDefs[i]
		}
	}
	return nil
}

// deputyRef is how a deputy is named in a cell: namesakes are told apart by constituency.
func deputyRef(name, constituency string) string {
	if constituency == "" {
		return name
	}
	return name + "（" + constituency + "）"
}

func keyOf(columns ...int) func([]string) string {
	return func(values []string) string {
		parts := make([]string, len(columns))
		for i, c := range columns {
			parts[i] = FoldName(values[c])
		}
		return strings.Join(parts, "\x00")
	}
}

var rosterDefs = []RosterSheetDef{
	{Kind: RosterStation, Sheet: "联络站", Unit: "个联络站", key: keyOf(0), Columns: []RosterColumn{
		{Title: "名称", Aliases: []string{"联络站", "联络站名称", "站点名称"}, Required: true, Hint: "全称，不能重复", Examples: [2]string{"桥东街道中心联络站", "和平社区联络站"}, Width: 26, read: plainText(60)},
		{Title: "类型", Aliases: []string{"联络站类型"}, Required: true, Hint: "中心站、企业站、社区站、分站", Examples: [2]string{"中心站", "社区站"}, Width: 10, read: oneOf("中心站", "企业站", "社区站", "分站")},
		{Title: "上级联络站", Aliases: []string{"上级站"}, Hint: "没有上级就空着", Examples: [2]string{"", "桥东街道中心联络站"}, Width: 22, Names: RosterStation, read: plainText(60)},
		{Title: "地址", Required: true, Hint: "居民找得到的写法", Examples: [2]string{"桥东路 1 号二楼", "和平里 6 号一楼"}, Width: 28, read: plainText(120)},
		{Title: "开放时间", Hint: "写给居民看的", Examples: [2]string{"周一至周五 9:00–17:00", ""}, Width: 24, read: plainText(120)},
		{Title: "电话", Aliases: []string{"联系电话"}, Hint: "座机要带区号", Examples: [2]string{"0599-0000001", ""}, Width: 16, read: deskPhone},
		{Title: "纬度", Hint: "地图坐标，如 30.2612；和经度一起填", Examples: [2]string{"30.2612", ""}, Width: 11, read: degrees(3, 54, "纬度")},
		{Title: "经度", Hint: "如 119.8836", Examples: [2]string{"119.8836", ""}, Width: 11, read: degrees(73, 136, "经度")},
		{Title: "房间", Hint: "几个房间用、隔开；只会增加", Examples: [2]string{"接待选民区、选民活动室", "接待选民区"}, Width: 28, List: true, read: nameList(40, false)},
	}},
	{Kind: RosterDepartment, Sheet: "承办单位", Unit: "个承办单位", key: keyOf(0), Columns: []RosterColumn{
		{Title: "名称", Aliases: []string{"承办单位", "单位名称"}, Required: true, Hint: "不能重复", Examples: [2]string{"城市管理科", "民生服务科"}, Width: 22, read: plainText(40)},
		{Title: "职责", Aliases: []string{"职责范围"}, Hint: "交办时看这一栏选单位", Examples: [2]string{"道路、排水、路灯、绿化", ""}, Width: 50, read: plainText(120)},
	}},
	{Kind: RosterCommunity, Sheet: "社区", Unit: "个社区", key: keyOf(0), Columns: []RosterColumn{
		{Title: "名称", Aliases: []string{"社区", "社区名称"}, Required: true, Hint: "不能重复", Examples: [2]string{"和平社区", "新苑社区"}, Width: 18, read: plainText(40)},
		{Title: "联络站", Aliases: []string{"所属联络站"}, Required: true, Hint: "这个社区的事由哪个站受理", Examples: [2]string{"和平社区联络站", "桥东街道中心联络站"}, Width: 26, Names: RosterStation, read: plainText(60)},
		{Title: "选区", Hint: "和代表的选区写法一致", Examples: [2]string{"第一选区", ""}, Width: 18, read: plainText(60)},
	}},
	{Kind: RosterBuilding, Sheet: "楼栋", Unit: "栋楼", key: keyOf(0, 1), Columns: []RosterColumn{
		{Title: "社区", Aliases: []string{"所属社区"}, Required: true, Hint: "社区的名称", Examples: [2]string{"和平社区", "和平社区"}, Width: 18, Names: RosterCommunity, read: plainText(40)},
		{Title: "楼栋", Aliases: []string{"楼栋名称", "楼号"}, Required: true, Hint: "小区和楼号，同一社区不能重复", Examples: [2]string{"和平里 1 栋", "和平里 2 栋"}, Width: 24, read: plainText(40)},
		{Title: "地址", Hint: "可以不填", Examples: [2]string{"和平路 12 号", ""}, Width: 28, read: plainText(120)},
	}},
	{Kind: RosterDeputy, Sheet: "代表", Unit: "位代表", key: keyOf(0, 3), second: keyOf(0), Columns: []RosterColumn{
		{Title: "姓名", Aliases: []string{"代表姓名"}, Required: true, Hint: "同名的用选区区分", Examples: [2]string{"张三", "李四"}, Width: 12, read: personName},
		{Title: "手机号", Aliases: []string{"手机", "电话", "联系电话", "手机号码"}, Hint: "11 位；加密保存，不公开", Examples: [2]string{"13800000001", ""}, Width: 16, Secret: true, read: mobile},
		{Title: "层级", Aliases: []string{"代表层级"}, Required: true, Hint: "全国、省、市、区、镇", Examples: [2]string{"区人大代表", "市人大代表"}, Width: 14, read: readLevel},
		{Title: "选区", Aliases: []string{"所在选区"}, Required: true, Hint: "和社区的选区写法一致", Examples: [2]string{"第一选区", "第二选区"}, Width: 18, read: plainText(60)},
		{Title: "届次", Aliases: []string{"届别"}, Hint: "如 第十七届", Examples: [2]string{"第十七届", ""}, Width: 14, read: plainText(40)},
		{Title: "职务", Aliases: []string{"单位及职务", "工作单位", "单位职务"}, Hint: "单位和职务", Examples: [2]string{"区人民医院健康管理科主任", ""}, Width: 30, read: plainText(80)},
		{Title: "简介", Hint: "500 字以内", Examples: [2]string{"从医二十年，常到社区讲健康课。", ""}, Width: 40, read: plainText(500)},
		{Title: "联络站", Aliases: []string{"所属联络站", "进驻联络站"}, Required: true, Hint: "在哪个站接待", Examples: [2]string{"桥东街道中心联络站", "和平社区联络站"}, Width: 26, Names: RosterStation, read: plainText(60)},
		{Title: "擅长", Aliases: []string{"特长", "专长"}, Hint: "几项用、隔开；没有的会新增", Examples: [2]string{"健康咨询、心理疏导", "创业指导"}, Width: 24, List: true, read: nameList(20, true)},
		{Title: "服务", Aliases: []string{"服务方式"}, Hint: "面谈、讲座、企业咨询、电话", Examples: [2]string{"面谈、讲座", "面谈、电话"}, Width: 20, List: true, read: serviceList},
	}},
	{Kind: RosterLiaison, Sheet: "联络员", Unit: "位联络员", key: keyOf(1), second: keyOf(0), Columns: []RosterColumn{
		{Title: "姓名", Aliases: []string{"联络员", "联络员姓名"}, Required: true, Hint: "社情民意联络员", Examples: [2]string{"王五", "赵六"}, Width: 12, read: personName},
		{Title: "手机号", Aliases: []string{"手机", "电话", "联系电话", "手机号码"}, Required: true, Hint: "11 位；加密保存，不公开", Examples: [2]string{"13800000003", "13800000004"}, Width: 16, Secret: true, read: mobile},
		{Title: "服务社区", Aliases: []string{"社区", "联系社区"}, Required: true, Hint: "几个社区用、隔开", Examples: [2]string{"和平社区、新苑社区", "新苑社区"}, Width: 28, List: true, Names: RosterCommunity, read: nameList(40, true)},
		{Title: "联系代表", Aliases: []string{"代表", "服务代表"}, Hint: "几位用、隔开；同名的写成 张三（第一选区）", Examples: [2]string{"张三、李四", ""}, Width: 28, List: true, Names: RosterDeputy, read: nameList(110, true)},
	}},
	{Kind: RosterHoliday, Sheet: "放假和调休", Unit: "天", key: keyOf(0), Columns: []RosterColumn{
		{Title: "日期", Required: true, Hint: "如 2027-10-01", Examples: [2]string{"2027-10-01", "2027-10-09"}, Width: 14, Date: true, read: readDay},
		{Title: "安排", Required: true, Hint: "放假 或 上班", Examples: [2]string{"放假", "上班"}, Width: 10, read: oneOf("放假", "上班")},
		{Title: "按周几", Aliases: []string{"按周几上班"}, Hint: "上班时按周几的时间接待，如 周五", Examples: [2]string{"", "周五"}, Width: 10, read: readWeekday},
		{Title: "名称", Aliases: []string{"节日"}, Hint: "如 国庆节", Examples: [2]string{"国庆节", ""}, Width: 14, read: plainText(MaxDayName)},
	}},
}
