package demo

import (
	"testing"

	"warmcabin/server/cabin"
)

// TestPeoplesOwnWords holds the words of the demo against what people really say: the
// speciality that comes first, "" for what nobody here serves.
func TestPeoplesOwnWords(t *testing.T) {
	var words []cabin.NeedWord
	for i, s := range specialities {
		id := int64(i + 1)
		words = append(words, cabin.NeedWord{Word: s.name, SpecialityID: id, Speciality: s.name})
		for _, w := range s.words {
			if clean, err := cabin.CheckNeedWord(w); err != nil || clean != w {
				t.Errorf("%s: the office could not have set %q: %v", s.name, w, err)
			}
			words = append(words, cabin.NeedWord{Word: w, SpecialityID: id, Speciality: s.name})
		}
	}
	served := map[string]string{
		"最近老是睡不着":       "心理健康",
		"晚上睡不踏实":        "心理健康",
		"夜里总是睡不好，白天没精神": "心理健康",
		"压力太大了":         "心理健康",
		"孩子上高中，情绪不太好":   "心理健康",
		"想开个小店":         "创业就业",
		"毕业了找不到工作":      "创业就业",
		"厂里裁员，失业了":      "创业就业",
		"楼上漏水物业不管":      "物业与邻里",
		"物业费涨了":         "物业与邻里",
		"物业":            "物业与邻里",
		"邻居老是吵架":        "物业与邻里",
		"小区没地方停车":       "物业与邻里",
		"楼下广场舞太吵":       "物业与邻里",
		"孩子明年要入学":       "教育成长",
		"小孩天天玩手机不肯写作业":  "教育成长",
		"老人在家没人照料":      "养老助残",
		"我妈想去养老院":       "养老助残",
		"老板拖欠工资":        "法律咨询",
		"朋友欠钱不还怎么办":     "法律咨询",
		"门口一下雨就积水":      "城市环境",
		"路灯坏了":          "城市环境",
		"楼下烧烤店油烟大":      "城市环境",
		"老人过马路太难了":      "交通与安全",
		"27 路公交等太久":     "交通与安全",
		"厂里招不到人":        "企业服务",
		"小微企业贷款":        "企业服务",
		"血压有点高":         "健康养生",
		"血压高，吃什么药":      "健康养生",
		"家里网速太慢":        "",
		"想学钓鱼":          "",
		"哪里有卖早饭的":       "",
		"心理健康":          "心理健康",
	}
	for _, w := range unmetNeeds {
		served[w.word] = ""
	}
	for said, want := range served {
		got := ""
		if found := cabin.MatchNeed(said, words); len(found) > 0 {
			got = found[0].Speciality
		}
		if got != want {
			t.Errorf("%s: found %q, want %q", said, got, want)
		}
	}
}
