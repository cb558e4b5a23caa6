package demo

import (
	"time"

	"warmcabin/server/cabin"
)

// deputy is one of the twelve. hours are the weekly rules.
type deputy struct {
	name, level, constituency, term, title, bio string
	station                                     string
	look                                        look
	specialities                                []string
	services                                    []cabin.Service
	hours                                       []hours
}

// hours is a weekly rule; room "" needs no room (the phone). A slot takes 30 minutes.
type hours struct {
	weekday       time.Weekday
	from, to      string // 9:00
	station, room string
	service       cabin.Service
}

const (
	termNational = "第十四届"
	termProvince = "第十四届"
	termCity     = "第十六届"
	termDistrict = "第十八届"
)

// deputies: the first one is the account "deputy", the n-th is "deputy-0n".
var deputies = []deputy{
	{
		name: "林晓慧", level: "district", constituency: "暖溪第一选区", term: termDistrict, station: central,
		title: "栖云医院健康管理中心主任、国家二级心理咨询师",
		bio:   "做了二十二年健康管理，也陪许多人走过睡不着的夜晚。每月到社区讲一堂健康课，讲血压、睡眠和更年期，也听大家说心里话。她常说：身体的事和心里的事，都可以慢慢来。",
		look:  look{background: 0xf6cf9c, clothes: 0x7fa39b, hairColour: 0x3a2a24, skin: 0xf7d3b5, hair: bob, collar: true},

		specialities: []string{"心理健康", "健康养生", "养老助残"},
		services:     []cabin.Service{cabin.TalkOne, cabin.GroupTalk, cabin.PhoneCall},
		hours: []hours{
			{time.Monday, "15:00", "16:30", central, "", cabin.PhoneCall},
			{time.Tuesday, "9:00", "11:30", central, cabinOne, cabin.TalkOne},
			{time.Wednesday, "19:00", "20:30", central, cabinOne, cabin.TalkOne},
			{time.Thursday, "14:00", "17:00", central, cabinOne, cabin.TalkOne},
			{time.Friday, "10:00", "11:30", central, cabinOne, cabin.TalkOne},
			{time.Saturday, "9:00", "10:00", xinglin, meeting, cabin.TalkOne},
		},
	},
	{
		name: "周启航", level: "city", constituency: "栖云区选举单位", term: termCity, station: enterprise,
		title: "启航智造科技公司创始人",
		bio:   "三十岁时从一间十平方米的铺面起步，失败过两次，现在带着一百多位同事做智能家电配件。愿意把踩过的坑讲给年轻人听：怎么算第一笔账，怎么找第一位客户，什么时候该停。",
		look:  look{background: 0xf3d9a8, clothes: 0x4d6b78, hairColour: 0x2a2320, skin: 0xf2c7a2, hair: sideParted, collar: true},

		specialities: []string{"创业就业", "企业服务"},
		services:     []cabin.Service{cabin.TalkOne, cabin.Enterprise},
		hours: []hours{
			{time.Monday, "14:00", "17:00", enterprise, meeting, cabin.Enterprise},
			{time.Wednesday, "14:00", "16:30", enterprise, meeting, cabin.TalkOne},
			{time.Friday, "9:30", "11:30", enterprise, meeting, cabin.Enterprise},
			{time.Saturday, "14:00", "16:00", enterprise, meeting, cabin.TalkOne},
		},
	},
	{
		name: "沈佩兰", level: "national", constituency: "江岚省选举单位", term: termNational, station: central,
		title: "暖溪实验小学语文教师、正高级教师",
		bio:   "在讲台上站了三十一年，教过的孩子里有人又成了老师。关心入学、课后托管和孩子的阅读，每次开会前都要先到校门口和家长聊一聊，再把大家的话写进建议里。",
		look:  look{background: 0xf7c8a0, clothes: 0xa9604c, hairColour: 0x5a4a44, skin: 0xf6d0b2, hair: bun, glasses: true},

		specialities: []string{"教育成长"},
		services:     []cabin.Service{cabin.TalkOne},
		hours: []hours{
			{time.Wednesday, "16:30", "18:00", central, cabinTwo, cabin.TalkOne},
			{time.Friday, "16:30", "18:00", central, cabinTwo, cabin.TalkOne},
			{time.Saturday, "9:00", "11:00", central, cabinOne, cabin.TalkOne},
		},
	},
	{
		name: "郭志远", level: "province", constituency: "临澜市选举单位", term: termProvince, station: central,
		title: "市政排水高级工程师",
		bio:   "哪条路一下雨就积水，他比导航还清楚。主持过三个老小区的雨污分流改造，雨天喜欢穿着雨靴去看井盖。复杂的管网图，他能用一张草稿纸给您讲明白。",
		look:  look{background: 0xf1d6b0, clothes: 0x6d7f5c, hairColour: 0x4a4440, skin: 0xe9bd96, hair: shortHair, glasses: true},

		specialities: []string{"城市环境", "交通与安全"},
		services:     []cabin.Service{cabin.TalkOne},
		hours: []hours{
			{time.Monday, "9:00", "11:00", central, cabinOne, cabin.TalkOne},
			{time.Thursday, "9:00", "11:00", central, cabinTwo, cabin.TalkOne},
		},
	},
	{
		name: "唐雨晴", level: "province", constituency: "临澜市选举单位", term: termProvince, station: central,
		title: "和语律师事务所律师",
		bio:   "做了十六年民事律师，最高兴的事是让两家人不用上法庭就把话说开。可以帮您看懂合同、理清继承和邻里纠纷的路子；正在打官司的事，她会告诉您该去哪里。",
		look:  look{background: 0xf8d7b4, clothes: 0x35495e, hairColour: 0x2d211d, skin: 0xf8d6ba, hair: longHair, collar: true},

		specialities: []string{"法律咨询", "物业与邻里"},
		services:     []cabin.Service{cabin.TalkOne, cabin.PhoneCall},
		hours: []hours{
			{time.Tuesday, "14:00", "17:00", central, cabinOne, cabin.TalkOne},
			{time.Thursday, "19:00", "20:30", central, "", cabin.PhoneCall},
			{time.Friday, "14:00", "17:00", central, cabinOne, cabin.TalkOne},
		},
	},
	{
		name: "何建平", level: "city", constituency: "栖云区选举单位", term: termCity, station: wanghu,
		title: "公交 27 路驾驶员、安全行车标兵",
		bio:   "握了二十四年方向盘，安全行车一百多万公里。哪个站台没有坐的地方，哪个路口老人过得急，他每天都看在眼里。他提的建议里，已经有五个站台装上了雨棚。",
		look:  look{background: 0xf4d3a4, clothes: 0x7d8f9e, hairColour: 0x8f8782, skin: 0xe8b98f, hair: greyShort, collar: true},

		specialities: []string{"交通与安全"},
		services:     []cabin.Service{cabin.TalkOne},
		hours: []hours{
			{time.Tuesday, "9:30", "11:30", wanghu, meeting, cabin.TalkOne},
			{time.Friday, "9:00", "11:00", central, cabinTwo, cabin.TalkOne},
			{time.Sunday, "9:30", "11:30", central, cabinOne, cabin.TalkOne},
		},
	},
	{
		name: "马秀珍", level: "city", constituency: "栖云区选举单位", term: termCity, station: central,
		title: "夕照养老服务中心主任、高级护理员",
		bio:   "照顾过四百多位老人，知道一碗软饭、一根扶手有多要紧。可以聊居家照护、失能老人申请补贴、认知症家属怎么撑下去。她总说：照顾人的人，也要有人照顾。",
		look:  look{background: 0xf6c9a6, clothes: 0x8c5a6b, hairColour: 0x4b3a36, skin: 0xf2c9a8, hair: curly},

		specialities: []string{"养老助残", "健康养生"},
		services:     []cabin.Service{cabin.TalkOne, cabin.GroupTalk, cabin.PhoneCall},
		hours: []hours{
			{time.Monday, "9:00", "11:00", xinglin, meeting, cabin.TalkOne},
			{time.Wednesday, "9:00", "11:30", central, cabinOne, cabin.TalkOne},
			{time.Friday, "15:00", "16:30", central, "", cabin.PhoneCall},
		},
	},
	{
		name: "陆文博", level: "city", constituency: "栖云区选举单位", term: termCity, station: wanghu,
		title: "园林绿化工程师",
		bio:   "暖溪路上的行道树，一半是他和同事种下的。懂得怎么让树根不顶砖、让花坛不成垃圾堆，也愿意和您一起把楼前那块荒地变成小花园。",
		look:  look{background: 0xe9dcae, clothes: 0x5f8a63, hairColour: 0x332925, skin: 0xeec3a0, hair: shortHair},

		specialities: []string{"城市环境"},
		services:     []cabin.Service{cabin.TalkOne, cabin.GroupTalk},
		hours: []hours{
			{time.Monday, "14:00", "16:00", central, cabinTwo, cabin.TalkOne},
			{time.Thursday, "9:00", "11:00", wanghu, meeting, cabin.TalkOne},
			{time.Saturday, "9:00", "11:00", central, cabinTwo, cabin.TalkOne},
		},
	},
	{
		name: "吴桂芳", level: "district", constituency: "暖溪第二选区", term: termDistrict, station: xinglin,
		title: "退休社区工作者、金牌调解员",
		bio:   "在居委会干了大半辈子，调解过两百多桩邻里的事：漏水、噪音、晾衣竿、遛狗绳。进她的门先喝一杯茶，火气就消了一半，剩下的一半坐下来慢慢说。",
		look:  look{background: 0xf9cfa8, clothes: 0xb8653f, hairColour: 0x9a918c, skin: 0xf0c6a4, hair: bob, glasses: true},

		specialities: []string{"物业与邻里", "养老助残"},
		services:     []cabin.Service{cabin.TalkOne},
		hours: []hours{
			{time.Tuesday, "14:00", "17:00", xinglin, meeting, cabin.TalkOne},
			{time.Thursday, "14:30", "17:00", xinglin, meeting, cabin.TalkOne},
			{time.Sunday, "14:00", "16:00", central, cabinOne, cabin.TalkOne},
		},
	},
	{
		name: "邓一鸣", level: "district", constituency: "暖溪第三选区", term: termDistrict, station: xinglin,
		title: "电梯维保工程师、消防志愿者",
		bio:   "手机二十四小时开着，哪部电梯“闹脾气”他都心里有数。周末常带着孩子们认识灭火器和逃生标志。物业维修资金怎么用、加装电梯怎么谈，都可以来问他。",
		look:  look{background: 0xf2d1a0, clothes: 0xc77a3a, hairColour: 0x251e1b, skin: 0xe6b78d, hair: sideParted},

		specialities: []string{"物业与邻里", "交通与安全"},
		services:     []cabin.Service{cabin.TalkOne},
		hours: []hours{
			{time.Wednesday, "14:00", "17:00", xinglin, meeting, cabin.TalkOne},
			{time.Friday, "9:00", "11:30", xinglin, meeting, cabin.TalkOne},
			{time.Saturday, "14:00", "16:30", central, cabinOne, cabin.TalkOne},
		},
	},
	{
		name: "叶知秋", level: "district", constituency: "暖溪第四选区", term: termDistrict, station: central,
		title: "暖溪中学心理教师",
		bio:   "学生们叫她“树洞老师”。擅长和青春期的孩子聊天，也擅长和着急的家长聊天。手机、早恋、不想上学，没有哪句话是不能说的，说了也只有您和她知道。",
		look:  look{background: 0xf6d5bd, clothes: 0x6f7fa8, hairColour: 0x3f2c25, skin: 0xf9d9be, hair: ponytail},

		specialities: []string{"教育成长", "心理健康"},
		services:     []cabin.Service{cabin.TalkOne, cabin.GroupTalk, cabin.PhoneCall},
		hours: []hours{
			{time.Tuesday, "15:00", "17:00", central, cabinTwo, cabin.TalkOne},
			{time.Wednesday, "16:30", "18:00", central, cabinOne, cabin.TalkOne},
			{time.Thursday, "16:00", "17:30", central, "", cabin.PhoneCall},
			{time.Saturday, "10:00", "11:30", wanghu, meeting, cabin.TalkOne},
		},
	},
	{
		name: "钟国强", level: "district", constituency: "暖溪第五选区", term: termDistrict, station: enterprise,
		title: "恒暖食品公司总经理、区工商联执委",
		bio:   "厂里有一半员工住在附近的小区，所以他把招工启事贴到了社区门口。熟悉小微企业的用工、社保和融资，也常替年轻的店主们问一问政策。",
		look:  look{background: 0xefd2ad, clothes: 0x504a5c, hairColour: 0x6a615c, skin: 0xe9be99, hair: greyShort, glasses: true, collar: true},

		specialities: []string{"企业服务", "创业就业"},
		services:     []cabin.Service{cabin.Enterprise, cabin.TalkOne},
		hours: []hours{
			{time.Tuesday, "14:00", "16:30", enterprise, meeting, cabin.Enterprise},
			{time.Thursday, "9:00", "11:30", enterprise, meeting, cabin.TalkOne},
			{time.Friday, "14:00", "16:00", enterprise, meeting, cabin.Enterprise},
		},
	},
}
