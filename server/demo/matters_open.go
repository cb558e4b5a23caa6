package demo

import (
	"time"

	"warmcabin/server/cabin"
)

// openMatters are on their way now.
var openMatters = []matter{
	// The main resident: one in progress, one to confirm.
	{
		who: me, category: "公共设施", community: "书香社区", place: "书香苑 3 号楼到社区食堂的小路", deputy: "郭志远", north: 0.0008, east: 0.0006, scene: raisedBricks, at: workday(4, "09:20"),
		body: "这条小路上的砖翘起来好几块，我拄着拐杖走，轮子老卡住。中午去社区食堂吃饭的老人都走这里，请帮忙看一看。",
		moves: []move{
			accept(workday(4, "10:30")), dispatch(workday(4, "11:00"), cityWorks, 10), take(workday(3, "09:10"), cityWorks),
			progress(workday(1, "15:40"), cityWorks, "看过现场，一共二十三块砖松了。砖已经订好，到货就铺，先用沙垫平了最高的几块。", atWork),
		},
	},
	{
		who: me, category: "公共设施", community: "书香社区", place: "书香苑南门", north: 0.0002, east: 0.0009, scene: lampOut, at: workday(7, "20:40"),
		body: "南门口那盏灯一闪一闪的，有时候整晚不亮，我晚上跳完操回来要打着手电。",
		moves: []move{
			accept(workday(6, "09:00")), dispatch(workday(6, "09:15"), cityWorks, 5), take(workday(6, "14:20"), cityWorks),
			resolve(daysAgo(1, "16:10"), cityWorks, cabin.Fixed, "换了灯头和控制器，改成了暖黄光，比原来亮一些。请您晚上路过时看看。", lampOn),
		},
	},

	// On behalf of neighbours without WeChat: one asks the liaison officer something, one is to be told the result.
	{
		proxy: proxied{"liaison", "周淑兰", "13900000017"}, category: "公共设施", community: "书香社区", place: "书香苑 6 号楼二单元楼道", north: 0.0005, east: -0.0004, at: workday(3, "10:05"),
		body: "二单元三楼到五楼的楼道灯都不亮，周阿姨眼睛不好，晚上倒垃圾摸着墙走，前天差点踩空。",
		moves: []move{
			accept(workday(3, "10:40")), dispatch(workday(3, "11:00"), housing, 5), take(workday(3, "14:10"), housing),
			{at: workday(1, "09:30"), by: handlers[housing], command: cabin.ReportAsk, in: cabin.Input{Reason: "楼道灯是声控的，还是拉线的？单元门上有没有贴报修电话？"}},
		},
	},
	{
		proxy: proxied{"community", "陆根发", "13900000018"}, category: "城市环境", community: "书香社区", place: "书香苑北门垃圾房", north: 0.0011, east: 0.0003, at: workday(6, "09:50"),
		body: "北门垃圾房的门关不上，风一吹袋子满地跑，陆大爷每天早上去捡，请给修一修。",
		moves: []move{
			acceptBy("community", workday(6, "10:00")), dispatch(workday(6, "10:30"), cityWorks, 5), take(workday(6, "14:00"), cityWorks),
			resolve(workday(1, "16:30"), cityWorks, cabin.Fixed, "门轴换了，加了自动回弹，门口也冲洗过。", nil),
		},
	},

	// Waiting for the desk.
	{
		who: 1, category: "城市环境", community: "锦绣社区", place: "锦绣花园东侧工地", north: 0.0006, east: 0.0008, at: ago(35 * time.Minute),
		body: "工地夜里还在切钢筋，声音尖得很，孩子明天要考试，根本睡不着。",
	},
	{
		who: 2, category: "道路积水", community: "书香社区", place: "书香苑 1 号楼北侧", north: 0.0009, east: -0.0002, scene: puddle, at: ago(3*time.Hour + 10*time.Minute),
		body:    "楼北侧的下水口好像堵了，洗车的水都漫到单元门口，踩得到处是泥脚印。",
		answers: []cabin.Given{{ID: 1, Answer: "没过鞋面"}, {ID: 2, Answer: "是"}},
	},
	{
		who: 3, category: "政策咨询", community: "南桥社区", place: "家里", at: ago(6 * time.Hour),
		body: "女儿明年从外地回来上小学，户口还没有迁过来，入学要准备什么材料？",
	},
	{
		who: 4, category: "公共设施", community: "南桥社区", place: "南桥健身角", north: -0.0007, east: 0.0003, at: daysAgo(1, "18:20"),
		body:    "健身角的扭腰器断了一根踏板，边上有尖角，小朋友爱在上面玩。",
		answers: []cabin.Given{{ID: 1, Answer: "一周以上"}},
	},
	{
		who: 5, category: "物业管理", community: "锦绣社区", place: "锦绣花园地下车库", deputy: "郭志远", north: 0.0004, east: -0.0005, at: workday(4, "19:05"),
		body: "地下车库灯坏了一大半，坡道又滑，开车下去像进山洞。物业说要等业委会，等了两个月。",
	},
	{
		who: 6, category: "其他", community: "书香社区", place: "社区图书角", at: workday(3, "16:00"),
		body: "图书角周末不开门，上班的人只有周末有空。能不能换一天休息？",
	},
	// Returned to the reporter; one that came back.
	{
		who: 7, category: "城市环境", community: "青禾社区", place: "青禾路", at: workday(2, "11:30"),
		body:  "晚上油烟味很大。",
		moves: []move{giveBack(workday(1, "09:20"), "谢谢您的反映。请补充：是哪一家店、大约几点到几点、您住在几楼？有照片更好，我们好请人到现场看。")},
	},
	{
		who: 8, category: "公共设施", community: "杏林社区", place: "杏林巷口", north: -0.0003, east: 0.0006, scene: noBench, at: workday(3, "08:30"),
		body: "指路牌歪了。",
		moves: []move{
			giveBack(workday(3, "10:00"), "请补充在巷子的哪一头，好请师傅直接过去。"),
			resubmit(daysAgo(1, "12:40"), "在东头，靠近修鞋铺，牌子朝人行道这边倒。"),
		},
	},

	// Accepted, not yet dispatched.
	{
		who: 9, category: "关心下一代", community: "锦绣社区", place: "锦绣社区活动室", at: workday(2, "09:50"),
		body:  "寒假快到了，双职工家的孩子没人看。社区能不能办个假期托管班，哪怕半天也好？",
		moves: []move{accept(workday(1, "10:10"))},
	},
	{
		who: 10, category: "物业管理", community: "书香社区", place: "书香苑 6 号楼", at: workday(6, "13:15"), deputy: "邓一鸣",
		body: "楼顶防水坏了，六楼三户人家都漏。维修资金申请交上去一个多月没有消息。",
		moves: []move{
			accept(workday(6, "15:00")), dispatch(workday(6, "15:20"), cityWorks, 5),
			sendBack(workday(5, "10:00"), cityWorks, "屋面维修归物业管理办公室，不在我们科的职责里。"),
		},
	},

	// Dispatched, not yet taken; one of them danger and late.
	{
		who: 11, category: "公共设施", community: "书香社区", place: "书香苑儿童滑梯", north: 0.0005, east: 0.0001, at: workday(2, "17:00"),
		body:  "滑梯底下的软垫裂了一条大口子，露出水泥地。",
		moves: []move{accept(workday(1, "09:00")), dispatch(workday(1, "09:30"), cityWorks, 5)},
	},
	{
		who: 12, category: "安全隐患", community: "南桥社区", place: "南桥路 22 号后墙", north: 0.0004, east: 0.0008, at: workday(2, "15:10"),
		body:  "老围墙往外鼓了一个肚子，墙根有裂缝，手指能伸进去，下面就是孩子上学的路。",
		moves: []move{accept(workday(2, "15:25")), dispatch(workday(2, "15:30"), safety, 0)},
	},
	{
		who: 13, category: "企业服务", community: "锦绣社区", place: "锦绣路 16 号", deputy: "周启航", at: workday(3, "10:00"),
		body:  "刚注册的小公司，想申请创业担保贷款，不知道要不要抵押，表格也看不太懂。",
		moves: []move{accept(workday(3, "11:30")), dispatch(workday(2, "09:00"), livelihood, 10)},
	},

	// In progress: on time, nearly due, late, supervised.
	{
		who: 14, category: "城市环境", community: "书香社区", place: "书香苑北门花坛", north: 0.0013, east: 0.0003, scene: bins, at: workday(3, "07:50"),
		body: "花坛成了垃圾堆，外卖盒、旧沙发都有，夏天全是蚊子。",
		moves: []move{
			acceptBy("community", workday(3, "09:10")), dispatch(workday(3, "09:40"), cityWorks, 5), take(workday(2, "10:00"), cityWorks),
			progress(workday(1, "11:10"), cityWorks, "清走两车杂物，花坛明天翻土。种什么想听大家的，投票箱放在北门岗亭。", nil),
		},
	},
	{
		who: 15, category: "道路积水", community: "南桥社区", place: "南桥幼儿园门口", north: -0.0010, east: 0.0002, scene: puddle, at: workday(9, "08:00"),
		body: "幼儿园门口低洼，家长要抱着孩子跳过去。上个月说来修，一直没有动静。",
		moves: []move{
			accept(workday(9, "09:30")), dispatch(workday(9, "10:00"), cityWorks, 5), take(workday(8, "09:00"), cityWorks),
			progress(workday(6, "16:30"), cityWorks, "要挖开二十米路面，正在办占道手续，已请幼儿园先走侧门。", nil),
			urge(workday(1, "09:30"), desk),
		},
	},
	{
		who: 16, category: "物业管理", community: "杏林社区", place: "杏林苑 9 号楼", deputy: "邓一鸣", at: workday(5, "12:30"),
		body: "想给九号楼加装电梯，十二户同意，两户还在犹豫，一楼担心采光。希望有人来主持着谈一谈。",
		moves: []move{
			acceptBy("community-02", workday(5, "14:00")), dispatch(workday(5, "14:30"), housing, 15), take(workday(4, "09:00"), housing),
			progress(workday(2, "19:30"), housing, "开了第一次楼栋会，十四户来了十三户。设计师现场画了采光图，一楼愿意再看看。", nil),
		},
	},
	{
		who: 17, category: "安全隐患", community: "书香社区", place: "书香苑 4 号楼架空层", north: 0.0007, east: -0.0004, scene: charging, at: workday(2, "13:40"),
		body: "架空层停了三十多辆电动车，插线板一个接一个，上面还晾着被子。",
		moves: []move{
			accept(workday(2, "13:50")), dispatch(workday(2, "13:55"), safety, 1), take(workday(2, "14:10"), safety),
			progress(workday(2, "16:30"), safety, "已当场断电，撤掉插线板七个，贴了通知。正和物业商量新建充电棚的位置。", nil),
		},
	},
	{
		who: 18, category: "政策咨询", community: "望湖社区", place: "家里", at: workday(6, "15:30"),
		body: "弟弟肢体二级残疾，刚搬到望湖里来住，两项补贴是不是要重新申请？",
		moves: []move{
			accept(workday(5, "09:00")), dispatch(workday(5, "09:20"), livelihood, 6), take(workday(5, "11:00"), livelihood),
		},
	},

	// Resolved, the reporter is asked.
	{
		who: 19, category: "公共设施", community: "锦绣社区", place: "锦绣广场", north: -0.0004, east: 0.0005, scene: noBench, at: workday(8, "17:30"),
		body: "广场跳舞的人多，歇脚的地方少，想添几张能坐的椅子。",
		moves: []move{
			accept(workday(7, "09:00")), dispatch(workday(7, "09:20"), cityWorks, 10), take(workday(7, "10:40"), cityWorks),
			resolve(daysAgo(1, "11:30"), cityWorks, cabin.Planned, "广场今年没有余下的经费，已列入明年第一季度的计划，先从旧公园移来两张石凳应急。", nil),
		},
	},

	// Not satisfied: back to the handler and the supervisor.
	{
		who: 20, category: "城市环境", community: "书香社区", place: "书香路烧烤店", north: 0.0015, east: 0.0002, at: workday(7, "21:30"),
		body: "店里的排风机正对着我家窗户，一开就像飞机起飞，一直吵到半夜一点。",
		moves: []move{
			accept(workday(6, "09:30")), dispatch(workday(6, "10:00"), cityWorks, 5), take(workday(6, "11:20"), cityWorks),
			resolve(workday(3, "17:00"), cityWorks, cabin.Partly, "和店家谈过，排风机加了减震垫，答应十一点前关机。", nil),
			refuse(daysAgo(1, "23:10"), "减震垫是装了，可是昨晚十二点还在响，没有按约定的时间关。"),
		},
	},
}
