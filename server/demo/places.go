package demo

import "warmcabin/server/cabin"

// The street is invented: no place and no person here is real.
const (
	central    = "暖溪街道中心联络站"
	enterprise = "暖溪街道企业联络站"
	xinglin    = "杏林社区联络站"
	wanghu     = "望湖社区联络站"

	cabinOne = "温馨小屋一号"
	cabinTwo = "温馨小屋二号"
	meeting  = "接待选民区"
	activity = "选民活动室"
)

type station struct {
	name, kind, address, hours, phone string
	lat, lng                          float64
	rooms                             []string
}

// stations: the first one is the root of the tree; the enterprise station shares its
// address (二站合一).
var stations = []station{
	{central, "central", "暖溪路 88 号党群服务中心二楼", "周一至周六 8:30–17:30，周三到 20:30，周日 9:00–16:00", "0599-0000088", 30.2612, 119.8836, []string{cabinOne, cabinTwo, activity, "学习活动区", "办公区"}},
	{enterprise, "enterprise", "暖溪路 88 号党群服务中心二楼", "周一至周五 9:00–17:00，周六 14:00–16:00", "0599-0000089", 30.2612, 119.8836, []string{meeting, "学习活动区"}},
	{xinglin, "community", "杏林巷 12 号社区服务中心一楼", "周一至周五 9:00–17:00，周六 9:00–11:00", "0599-0000112", 30.2655, 119.8791, []string{meeting, activity}},
	{wanghu, "community", "望湖里 6 号邻里中心一楼", "周一至周五 9:00–17:00，周六 9:00–12:00", "0599-0000106", 30.2570, 119.8902, []string{meeting, activity}},
}

// communities with the station whose desk takes in what they bring, and their middle on the map.
var communities = []struct {
	name, station, constituency string
	lat, lng                    float64
}{
	{"杏林社区", xinglin, "暖溪第二选区", 30.2655, 119.8791},
	{"望湖社区", wanghu, "暖溪第三选区", 30.2570, 119.8902},
	{"书香社区", central, "暖溪第一选区", 30.2621, 119.8853},
	{"南桥社区", central, "暖溪第一选区", 30.2588, 119.8810},
	{"青禾社区", wanghu, "暖溪第四选区", 30.2543, 119.8940},
	{"锦绣社区", central, "暖溪第五选区", 30.2640, 119.8874},
}

const (
	cityWorks  = "城市管理科"
	housing    = "物业管理办公室"
	safety     = "公共安全办公室"
	livelihood = "民生服务科"
)

var departments = []struct{ name, duty string }{
	{cityWorks, "道路、排水、路灯、绿化、环境卫生和户外公共设施"},
	{housing, "指导物业服务和业主委员会，维修资金、电梯加装、小区停车"},
	{safety, "消防、用电、危墙危房、电梯和井盖等安全隐患"},
	{livelihood, "教育、养老、助残、就业、企业服务和各类惠民政策"},
}

// categories in the office's order; days are working days to answer in.
var categories = []struct {
	name, hint, department string
	days                   int
	urgent                 bool
}{
	{"城市环境", "是什么样的情况（垃圾、绿化、噪音、油烟）？在什么位置？一般什么时候出现？", cityWorks, 5, false},
	{"物业管理", "是哪个小区、几号楼？和物业说过吗，物业怎么答复的？", housing, 15, false},
	{"道路积水", "在哪一段路？水有多深，多大的雨会积？行人和车怎么绕？", cityWorks, 5, false},
	{"公共设施", "是什么设施（路灯、座椅、健身器材、站台）？坏成什么样，坏了多久？", cityWorks, 5, false},
	{"安全隐患", "有什么危险？现在有没有人受伤？需要马上有人到场吗？紧急情况请先打 119 或 110。", safety, 1, true},
	{"关心下一代", "孩子多大，是入学、托管、安全还是心情上的事？您希望得到什么帮助？", livelihood, 15, false},
	{"政策咨询", "您想了解哪一项政策？家里大致是什么情况？", livelihood, 5, false},
	{"企业服务", "企业做什么，有多少员工？遇到的是用工、融资、场地还是手续问题？", livelihood, 15, false},
	{"其他", "发生了什么事？在哪里？您希望怎么解决？", "", 5, false},
}

// questions of the categories that ask some, each answered or not as one likes.
var questions = map[string]cabin.Questions{
	"城市环境": {{ID: 1, Text: "一般什么时候出现", Kind: cabin.AskChoice, Options: []string{"早上", "白天", "晚上", "一直都有"}}, {ID: 2, Text: "有多久了", Kind: cabin.AskText}},
	"物业管理": {{ID: 1, Text: "和物业说过吗", Kind: cabin.AskYesNo}, {ID: 2, Text: "物业怎么答复的", Kind: cabin.AskText}},
	"道路积水": {{ID: 1, Text: "水有多深", Kind: cabin.AskChoice, Options: []string{"没过鞋面", "没过脚踝", "更深"}}, {ID: 2, Text: "车能过吗", Kind: cabin.AskYesNo}},
	"公共设施": {{ID: 1, Text: "坏了多久", Kind: cabin.AskChoice, Options: []string{"这几天", "一周以上", "一个月以上"}}},
	"安全隐患": {{ID: 1, Text: "现在有没有人受伤", Kind: cabin.AskYesNo}},
	"企业服务": {{ID: 1, Text: "企业有多少人", Kind: cabin.AskChoice, Options: []string{"10 人以下", "10 到 50 人", "50 人以上"}}},
}

// buildings of the communities, as the office would import them.
var buildings = map[string]struct {
	estate string
	count  int
}{
	"杏林社区": {"杏林苑", 10}, "望湖社区": {"望湖里", 6}, "书香社区": {"书香苑", 8}, "南桥社区": {"南桥新村", 6}, "锦绣社区": {"锦绣花园", 9},
}

// specialities with people's own words for them. The words of home come first on the home page.
var specialities = []struct {
	name  string
	words []string
}{
	{"心理健康", []string{"睡不好", "心里烦", "焦虑", "想找人聊聊", "更年期", "睡不着", "失眠", "压力大", "情绪不好", "抑郁", "心理咨询"}},
	{"健康养生", []string{"血压高", "体检看不懂", "养生", "健康讲座", "血糖", "看病", "慢性病", "减肥"}},
	{"创业就业", []string{"想创业", "找工作", "开店", "小店", "毕业了做什么", "灵活就业", "失业", "摆摊", "学手艺"}},
	{"物业与邻里", []string{"物业纠纷", "物业不管", "物业费", "楼上漏水", "邻居吵架", "加装电梯", "噪音", "停车", "维修资金", "业委会", "广场舞"}},
	{"教育成长", []string{"孩子上学", "青春期", "课后托管", "不想上学", "玩手机", "入学", "学区", "辅导班", "孩子没人带"}},
	{"养老助残", []string{"老人照料", "老人没人管", "养老院", "残疾补贴", "长期护理", "老年食堂", "养老金", "无障碍"}},
	{"法律咨询", []string{"法律问题", "合同", "遗产", "欠钱不还", "离婚", "打官司", "律师", "拖欠工资"}},
	{"城市环境", []string{"积水", "种树", "路面坏了", "垃圾", "路灯", "油烟", "绿化", "下水道"}},
	{"交通与安全", []string{"公交", "过马路", "电动车充电", "消防通道", "红绿灯", "斑马线", "堵车"}},
	{"企业服务", []string{"企业用工", "贷款", "招不到人", "社保", "办执照", "融资", "税收优惠"}},
}

var homeNeeds = []string{"睡不好", "想创业", "物业纠纷", "孩子上学", "老人照料", "心里烦", "法律问题", "企业用工"}
