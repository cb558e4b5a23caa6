package demo

import (
	"warmcabin/server/cabin"
)

// doneMatters came to their end.
var doneMatters = []matter{
	{
		who: me, category: "公共设施", community: "书香社区", place: "书香苑小广场", north: 0.0006, east: 0.0004, scene: noBench, at: workday(23, "08:40"),
		body: "我们书香苑的小广场天天有老人晒太阳，可是一张椅子也没有，大家只能坐花坛边，石头冰凉。能不能装几把休闲座椅？最好有靠背。",
		moves: []move{
			accept(workday(23, "10:15")), dispatch(workday(23, "10:40"), cityWorks, 15), take(workday(22, "09:20"), cityWorks),
			progress(workday(20, "15:30"), cityWorks, "今天去小广场量了尺寸，和晒太阳的老人一起选了两个位置，靠墙、不挡路、冬天有太阳。", nil),
			resolve(workday(14, "16:10"), cityWorks, cabin.Fixed, "四张带靠背的木椅装好了，靠背高度按老人的建议加高了五厘米。", benches),
			rate(workday(13, "19:20"), 5, "坐上去暖和，腰也有靠了。谢谢你们记得我们老人。"),
		},
	},
	{
		who: 16, category: "道路积水", community: "南桥社区", place: "南桥路 15 号院门口", deputy: "郭志远", north: -0.0005, east: 0.0007, scene: puddle, at: workday(22, "07:35"),
		body: "雨污分流改造以后，院门口这一段反而更低了，下一场雨水就到脚脖子，孩子上学要大人背过去。",
		moves: []move{
			accept(workday(22, "09:05")), dispatch(workday(22, "09:30"), cityWorks, 5), take(workday(22, "14:00"), cityWorks),
			progress(workday(20, "16:45"), cityWorks, "开井看过了：改造时新井口比路面高了四厘米，水进不去。已约施工队来返工。", atWork),
			resolve(workday(17, "17:00"), cityWorks, cabin.Fixed, "降低了两处井口，路面重新找坡。昨晚那场雨之后来看过，没有积水。", drained),
			verify(workday(16, "10:20"), "liaison-02", "雨后到现场看了，路面是干的，院里的邻居也说好走了。", drained),
		},
	},
	{
		who: 17, category: "公共设施", community: "锦绣社区", place: "锦绣广场西侧人行道", north: 0.0003, east: -0.0006, scene: raisedBricks, at: workday(21, "18:12"),
		body: "大槐树的根把路砖顶起来一大片，晚上看不清，上个星期有位老人在这里绊倒，幸好没有摔伤。",
		moves: []move{
			accept(workday(20, "09:10")), dispatch(workday(20, "09:25"), cityWorks, 10), take(workday(20, "11:00"), cityWorks),
			progress(workday(19, "10:30"), cityWorks, "先围了警示带。园林师傅说这些是多余的浮根，修掉不伤树。", atWork),
			resolve(workday(13, "15:40"), cityWorks, cabin.Fixed, "浮根清理了，路砖重新铺平，树池扩大了一圈，给树留了地方。党员和志愿者来了十二位帮忙。", evenBricks),
			rate(workday(12, "20:05"), 5, "砖平了，树也留住了，两全其美。"),
		},
	},
	{
		who: 18, category: "公共设施", community: "书香社区", place: "书香巷 8 号到 20 号", north: 0.0011, east: -0.0003, scene: lampOut, at: workday(20, "21:14"),
		body: "巷子里三盏路灯连着不亮，已经一个多星期了。下晚班回来黑漆漆的，心里发慌。",
		moves: []move{
			acceptBy("community", workday(19, "08:50")), dispatch(workday(19, "09:20"), cityWorks, 3), take(workday(19, "10:05"), cityWorks),
			resolve(workday(18, "19:30"), cityWorks, cabin.Fixed, "是地下接头进水跳闸，换了防水接头，三盏灯都亮了。", lampOn),
			rate(workday(18, "21:40"), 5, "今晚走回来，一路都是亮的。"),
		},
	},
	{
		who: 19, category: "安全隐患", community: "杏林社区", place: "杏林苑 5 号楼一层", north: -0.0004, east: 0.0002, scene: charging, at: workday(19, "17:45"),
		body: "有人从二楼窗户拉线下来给电动车充电，插座就搭在雨棚上，下雨天看着真吓人。",
		moves: []move{
			acceptBy("community-02", workday(19, "18:00")), dispatch(workday(19, "18:06"), safety, 0), take(workday(19, "18:15"), safety),
			resolve(workday(19, "19:25"), safety, cabin.Fixed, "当晚到场收了飞线，和车主说明了危险。楼东侧的充电棚还有空位，已帮他登记。", nil),
			rate(workday(18, "09:30"), 5, "来得真快！"),
		},
	},
	{
		who: 20, category: "物业管理", community: "望湖社区", place: "望湖里 3 号楼 2 单元", north: 0.0004, east: 0.0005, scene: clutter, at: workday(18, "12:20"),
		body: "楼道里堆了纸箱、旧自行车，有的人家把鞋柜也放在外面，真有事的时候跑都跑不出去。和物业说过两回，清了又堆。",
		moves: []move{
			accept(workday(18, "14:10")), dispatch(workday(18, "14:30"), housing, 10), take(workday(17, "09:00"), housing),
			progress(workday(15, "17:20"), housing, "和物业挨家敲门，能卖的帮着联系回收，舍不得扔的搬到地下一层的公共储物间。", nil),
			resolve(workday(12, "16:00"), housing, cabin.Neighbours, "整个单元都清了，住户推选了楼道长，约定每月第一个周六一起收拾。", clearStairs),
			rate(workday(11, "18:50"), 4, "清得干净，就看能不能坚持。"),
		},
	},
	{
		who: 21, category: "公共设施", community: "望湖社区", place: "27 路望湖里站", deputy: "何建平", north: -0.0008, east: 0.0004, scene: noBench, at: workday(17, "08:05"),
		body: "站台没有雨棚，也没有坐的地方。早上等车的一半是去医院的老人，风里雨里要站二十来分钟。",
		moves: []move{
			accept(workday(17, "09:40")), dispatch(workday(17, "10:00"), cityWorks, 10), take(workday(16, "09:15"), cityWorks),
			resolve(workday(9, "15:15"), cityWorks, cabin.Partly, "先装了两张长椅。雨棚要和公交公司一起报明年的计划，已经列上，排在第三个。", benches),
			rate(workday(8, "12:10"), 4, "先有坐的了，等雨棚。"),
		},
	},
	{
		who: 22, category: "政策咨询", community: "书香社区", place: "家里", at: workday(16, "10:25"),
		body: "父亲八十二岁，半年前摔了一跤，现在吃饭洗澡都要人帮。听说有长期护理保险，要什么条件，在哪里申请？",
		moves: []move{
			accept(workday(16, "11:00")),
			answer(workday(16, "15:20"), cabin.Explained, "失能满六个月、参加了职工或居民医保就可以申请。带身份证、病历和代办人身份证到街道便民中心 3 号窗口，工作人员会上门评估，不用带老人来。"),
			rate(workday(15, "09:10"), 5, "说得清清楚楚，少跑了冤枉路。"),
		},
	},
	{
		who: 23, category: "企业服务", community: "锦绣社区", place: "锦绣路 40 号", deputy: "钟国强", at: workday(16, "14:40"),
		body: "我们做儿童服装，二十来个工人，旺季总缺车工，淡季又怕养不起人。有没有临时用工的办法？社保怎么交合适？",
		moves: []move{
			accept(workday(16, "16:00")), dispatch(workday(15, "09:00"), livelihood, 10), take(workday(15, "10:30"), livelihood),
			progress(workday(11, "11:00"), livelihood, "联系了人社的用工调剂平台，周边两家厂的淡季正好和您错开，可以互相借工。", nil),
			resolve(workday(8, "16:30"), livelihood, cabin.Fixed, "三家厂签了共享用工的协议，社保由原单位交，工资按天算。稳岗补贴的材料也帮您核过了。", nil),
			rate(workday(7, "10:00"), 5, "没想到还能这样办，旺季有着落了。"),
		},
	},
	{
		who: 24, category: "关心下一代", community: "青禾社区", place: "青禾小学门口", deputy: "沈佩兰", north: 0.0007, east: 0.0002, at: workday(15, "17:10"),
		body: "放学的时候校门口电动车、三轮车挤成一团，一年级的孩子个子小，根本看不见。能不能让车停远一点？",
		moves: []move{
			accept(workday(14, "09:15")), dispatch(workday(14, "09:40"), livelihood, 5),
			sendBack(workday(14, "14:00"), livelihood, "校门口停车要由城市管理科和交警一起划线，请转交。"),
			dispatch(workday(14, "14:25"), cityWorks, 5), take(workday(13, "09:00"), cityWorks),
			resolve(workday(9, "17:30"), cityWorks, cabin.Fixed, "划了八十米的步行区，放学时段立起移动护栏，家长志愿者每天两人值班。", nil),
			rate(workday(8, "19:00"), 5, "现在可以松开孩子的手了。"),
		},
	},
	{
		who: 25, category: "城市环境", community: "南桥社区", place: "南桥菜市场后门", north: 0.0002, east: -0.0009, scene: bins, at: workday(14, "06:50"),
		body: "后门的垃圾桶天天满出来，烂菜叶淌一地，路过要捂鼻子。住在楼上的不敢开窗。",
		moves: []move{
			accept(workday(14, "09:50")), dispatch(workday(14, "10:10"), cityWorks, 3), take(workday(14, "11:30"), cityWorks),
			resolve(workday(12, "10:00"), cityWorks, cabin.Fixed, "早晚各加一次清运，换了带盖的大桶，地面用热水冲洗过。", nil),
		},
	},
	{
		who: 26, category: "其他", community: "杏林社区", place: "家里", at: workday(13, "20:30"),
		body: "和亲戚为了老宅分家的事打官司，已经开过一次庭，想请代表帮忙和法官说一说。",
		moves: []move{
			reject(workday(12, "09:30"), "这件事法院正在审理，代表和联络站都不能介入审判。您可以到区法律援助中心（暖溪路 20 号）免费咨询，也可以申请诉前或庭外调解。"),
		},
	},
	{
		who: 27, category: "城市环境", community: "望湖社区", place: "望湖公园北门", north: -0.0012, east: -0.0007, at: workday(12, "19:40"),
		body: "晚上遛狗的人不牵绳，孩子吓得直哭，草地上也常踩到狗屎。",
		moves: []move{
			accept(workday(11, "09:00")),
			answer(workday(11, "16:40"), cabin.Neighbours, "和公园里的养狗邻居们开了个小会，大家约定牵绳、带袋。北门装了拾便袋箱，志愿者晚上七点到九点轮流提醒。"),
			rate(workday(9, "20:20"), 4, "好多了，偶尔还有一两只不牵的。"),
		},
	},
	{
		who: 28, category: "物业管理", community: "锦绣社区", place: "锦绣花园 7 号楼", at: workday(11, "12:00"),
		body:  "楼下快递柜的灯太亮，正对着卧室窗户。",
		moves: []move{withdraw(workday(11, "18:30"))},
	},
	{
		who: 29, category: "道路积水", community: "青禾社区", place: "青禾西路公交站后", north: 0.0005, east: 0.0011, scene: puddle, at: workday(20, "08:15"),
		body: "公交站后面的小路下雨就成河，鞋子没有一双是干的。",
		moves: []move{
			accept(workday(20, "10:00")), dispatch(workday(20, "10:30"), cityWorks, 3), take(workday(19, "09:30"), cityWorks),
			resolve(workday(18, "15:00"), cityWorks, cabin.Fixed, "疏通了雨水口，清出半车树叶。", nil),
			refuse(workday(16, "07:50"), "昨天夜里下雨，又积起来了，水比上次还深。"),
			take(workday(16, "10:20"), cityWorks),
			progress(workday(14, "16:00"), cityWorks, "用管道机器人看了，里面有一节塌了。今晚封路换管，明早恢复。", atWork),
			resolve(workday(12, "09:00"), cityWorks, cabin.Fixed, "换了十二米新管，放水试过，三分钟排干。上次只清表面，是我们看得不细，抱歉。", drained),
			rate(workday(10, "18:15"), 5, "这次是真的好了，还道了歉，服气。"),
		},
	},
	{
		who: 30, category: "物业管理", community: "杏林社区", place: "杏林苑 2 号楼电梯", deputy: "邓一鸣", north: 0.0003, east: -0.0004, scene: elevator, at: workday(13, "07:20"),
		body: "电梯三天坏了两次，上周还关了人。楼里有坐轮椅的老人，已经两天没能下楼。",
		moves: []move{
			acceptBy("community-02", workday(13, "08:40")), dispatch(workday(13, "09:00"), housing, 5), take(workday(13, "09:30"), housing),
			supervise(workday(12, "10:00"), "deputy-10", "楼里有行动不便的老人，请先保证出行，再谈大修。"),
			progress(workday(12, "14:30"), housing, "备件明天到。这两天物业安排了两名师傅，用爬楼机接送坐轮椅的老人。", nil),
			resolve(workday(10, "11:20"), housing, cabin.Fixed, "更换了控制板和门机皮带，维保由每月一次改为半月一次，试运行两天没有故障。", nil),
			verify(workday(9, "15:00"), "liaison-02", "来回坐了六趟，平稳。坐轮椅的老人今天自己下楼晒太阳了。", clearStairs),
		},
	},
}
