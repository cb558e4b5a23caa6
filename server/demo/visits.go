package demo

import "warmcabin/server/cabin"

// visits are the stories of talks of two. Residents 1 to 24 have at most one open booking each.
var visits = []visit{
	// The main resident: one to come, one to rate, one long past.
	{who: me, deputy: 0, day: 1, ending: confirmed, topic: "晚上总睡不好", note: "这半年常常两三点就醒，醒了就想东想西。血压药一直在吃，想问问是不是要换，也想找人说说话。"},
	{who: me, deputy: 6, day: -2, ending: completed, topic: "照顾老伴，想歇一歇", note: "老伴中风后一直是我照顾，腰有点吃不消了。", record: "介绍了社区喘息服务和护理假的办法，约好下周三上门看一看家里的扶手和防滑垫。提醒她也要量自己的血压。"},
	{who: me, deputy: 8, day: -19, ending: completed, topic: "楼上半夜拖椅子", note: "不想伤和气，怎么开口好呢？", record: "陪同一起和楼上坐下来聊，送了两副椅脚套。楼上答应十点以后换软底鞋。", stars: 5, rating: "吴代表一来，大家都笑了。现在夜里安静了，谢谢！"},

	// The demo deputy: two that wait, some to come, some past.
	{who: 1, deputy: 0, day: 2, ending: waiting, topic: "体检报告看不懂", note: "甲状腺结节 3 类，网上越查越害怕，想请您帮我看看要不要紧。"},
	{who: 2, deputy: 0, day: 4, ending: waiting, topic: "更年期情绪低落", note: "最近总对家里人发火，发完又后悔。不知道从哪里说起。"},
	{who: 3, deputy: 0, day: 2, ending: confirmed, topic: "血压忽高忽低", note: "早上 160，下午又正常，药该怎么吃？"},
	{who: 4, deputy: 0, day: 3, ending: confirmed, topic: "考研压力大", note: "还有一个月考试，整夜睡不着，吃不下饭。"},
	{who: 5, deputy: 0, day: -3, ending: completed, topic: "孩子住院后总害怕", note: "孩子出院两周了，一听到咳嗽我就紧张。", record: "听她讲了住院那几天的事，一起练了一遍腹式呼吸。建议夫妻轮流陪夜，两周后再聊一次。", stars: 5, rating: "林代表说话慢慢的，听着心就定了。"},
	{who: 6, deputy: 0, day: -8, ending: completed, topic: "老父亲记性变差", note: "出门忘带钥匙，同一句话问好几遍。", record: "做了简单的记忆筛查问题，建议到记忆门诊看一次，给了预约办法和防走失卡。", stars: 4, rating: "很有帮助，就是时间短了一点。"},
	{who: 7, deputy: 0, day: -12, ending: residentAbsent, topic: "戒烟后睡不着"},
	{who: 8, deputy: 0, day: -15, ending: declined, topic: "看心脏支架的片子", reason: "片子要请心内科医生当面看才稳妥，我不能代替门诊。已请联络站把心内科周二门诊的挂号办法发给您。"},

	{who: 9, deputy: 1, day: 1, ending: waiting, topic: "想开一家社区咖啡店", note: "手里有八万块积蓄，不知道够不够，也怕选错位置。"},
	{who: 10, deputy: 1, day: -5, ending: completed, topic: "毕业想做手工皮具", note: "网上一个月能卖二十来单，想租个小铺面。", record: "一起算了三个月的账，先不租铺面，到创业园申请免租工位半年。介绍了包装厂的老乡。", stars: 5, rating: "第一次有人陪我把账算清楚，少走了弯路！"},
	{who: 11, deputy: 1, day: -6, ending: offerTaken, topic: "网店退货太多怎么办", reason: "那天下午要去厂里接客户，往后挪一挪，时间更充裕。", record: "看了退货记录，一半是尺码说不清。建议重拍尺码图，客服写三句固定的话。", stars: 4, rating: "建议很实在，回去就改。"},
	{who: 12, deputy: 1, day: -10, ending: cancelledByResident, topic: "想转行做宠物美容", reason: "临时要回老家，回来再约，抱歉。"},
	{who: 13, deputy: 2, day: 1, ending: confirmed, topic: "一年级孩子不肯写作业", note: "一写作业就哭，我也跟着急。"},
	{who: 14, deputy: 2, day: -4, ending: completed, topic: "明年上小学怎么准备", note: "孩子还不认识几个字，别人家的都会算术了。", record: "说明了零起点教学，建议多读绘本、学会自己整理书包。入学材料清单已请联络站打印给家长。", stars: 5, rating: "听完不焦虑了。"},
	{who: 15, deputy: 2, day: -17, ending: expired, topic: "课后托管能不能延到六点半", note: "双职工，接孩子总是来不及。"},
	{who: 16, deputy: 3, day: 2, ending: confirmed, topic: "地下车库一下雨就倒灌", note: "今年已经泡了两次车。"},
	{who: 17, deputy: 3, day: -9, ending: completed, topic: "阳台改的洗衣机排水", note: "听说雨污分流后不能接雨水管了，那要怎么改？", record: "画了改管示意图，说明雨水管不能接污水的道理，费用由改造工程承担。", stars: 5, rating: "一张草稿纸就讲明白了，佩服。"},
	{who: 18, deputy: 4, day: 2, ending: countered, topic: "房子过户给女儿怎么办", note: "赠与和买卖哪个合适？", reason: "那天下午临时要去省里开会，换一个时间细细给您讲，可以吗？"},
	{who: 19, deputy: 4, day: -7, ending: completed, topic: "装修押金不退", note: "物业说墙面划伤，要扣两千。", record: "看了装修协议和照片，划伤在验收前就有。帮着写了一份说明，物业同意退还一千八。", stars: 5, rating: "两千块是小事，理讲清楚了心里舒服。"},
	{who: 20, deputy: 4, day: -13, ending: declined, topic: "已经开庭的借款官司", reason: "这件事法院正在审理，代表不能介入。您可以到区法律援助中心（暖溪路 20 号）免费咨询，带上起诉状和借条。"},
	{who: 21, deputy: 5, day: -6, ending: completed, topic: "27 路站台没有坐的地方", note: "等车的多是老人，站久了腿受不了。", record: "一起到站台看了，地面够宽。整理成建议转交城市管理科，请求加装两张长椅。", stars: 5, rating: "何代表自己就是开 27 路的，一说就懂。"},
	{who: 22, deputy: 6, day: -11, ending: deputyAbsent, topic: "长期护理保险怎么申请"},
	{who: 23, deputy: 6, day: 2, ending: confirmed, topic: "给独居的姑妈找个护工", note: "她耳朵背，脾气倔，不肯去养老院。"},
	{who: 24, deputy: 7, day: -8, ending: offerRefused, topic: "楼前荒地想种花", reason: "那天要去苗圃验收，换到下一次值班可以吗？", record: "那天我要上班，下次再约，谢谢。"},
	{who: 1, deputy: 7, day: -14, ending: completed, topic: "窗前的大树挡了光", note: "二楼整天要开灯，树又舍不得砍。", record: "看了照片，适合疏枝，不用移。已把疏枝的建议转交园林养护，排在入冬前。", stars: 4, rating: "树保住了，屋里也亮了。"},
	{who: 2, deputy: 8, day: -16, ending: completed, topic: "楼上漏水谁来赔", note: "天花板泡了一大片，楼上说不是他家的事。", record: "约双方和水工一起看，是楼上地漏老化。楼上出材料，楼下出工，当天握手。", stars: 5, rating: "本来都不说话了，现在又是好邻居。"},
	{who: 3, deputy: 8, day: -21, ending: cancelledByDeputy, topic: "楼道晾衣竿占地方", reason: "家里老人住院，我要陪护，真对不住。已请联络站优先帮您另约。"},
	{who: 4, deputy: 9, day: -18, ending: completed, topic: "老楼加装电梯，一楼不同意", note: "六楼的老人三个月没下过楼了。", record: "讲了资金分摊和补偿的几种做法，约一楼住户下周一起看样板楼。", stars: 4, rating: "有了方向，接下来慢慢谈。"},
	{who: 5, deputy: 9, day: -20, ending: offerExpired, topic: "维修资金怎么动用", reason: "那天有一部电梯要年检，换个时间把账单带来一起看，好吗？"},
	{who: 6, deputy: 10, day: -3, ending: completed, topic: "孩子不想上学", note: "初二，开学一个月请了七天假，问什么都不说。", record: "先听家长说完，再请孩子单独聊。孩子愿意每天先到图书馆坐一会儿，约好下周继续。", stars: 5, rating: "回家路上孩子主动说了一句“还行”。"},
	{who: 7, deputy: 10, day: 3, ending: confirmed, topic: "和青春期的女儿说不上话"},
	{who: 8, deputy: 11, day: -9, service: cabin.Enterprise, ending: completed, topic: "面包店招不到夜班师傅", note: "店里三个人，夜班总缺一个。", record: "把岗位登进街道的用工群，介绍了技校的实习生。社保补贴的表已经一起填好。", stars: 5, rating: "一周就来了两个小伙子，真管用。"},
	{who: 9, deputy: 11, day: -22, ending: residentAbsent, topic: "个体户怎么交社保"},
	{who: 11, deputy: 11, day: 2, service: cabin.Enterprise, ending: confirmed, topic: "小厂稳岗补贴怎么报", note: "二十三个员工，去年没有裁过人。"},
}

// callers come to the central station today; whose slot they have follows the weekday.
var callers = []visit{
	{who: 25, topic: "家里的事想请您出出主意", note: "说来话长，当面讲。", record: "听了家里的情况，理出三件可以先做的事，下周电话回访。"},
	{who: 26, topic: "小区里的事想反映一下", record: "记下了情况和楼号，已教他在小屋里提交反映，后面可以看到进展。"},
	{who: 27, topic: "想了解您提的那件建议办得怎样", record: "介绍了建议的办理经过和答复，带走一份复印件。"},
	{who: 28, topic: "替邻居老人问一问", note: "老人不会用手机，我替她来。", record: "把要带的材料写成大字单子，请联络员下周陪她去办。"},
}
