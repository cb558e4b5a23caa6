package wechatsim

import (
	"fmt"
	"net/http"
	"strings"
)

// templateList is /wxaapi/newtmpl/gettemplate: the mini-program's own templates. type is 2
// for one-time and 3 for long-term ones.
func (s *Server) templateList(*http.Request, []byte) any {
	type item struct {
		ID      string `json:"priTmplId"`
		Title   string `json:"title"`
		Content string `json:"content"`
		Example string `json:"example"`
		Type    int    `json:"type"`
	}
	data := []item{}
	for _, t := range s.mini.templates {
		one := item{ID: t.ID, Title: t.Title, Type: 2}
		if t.Kind == LongTerm {
			one.Type = 3
		}
		var content, example strings.Builder
		for _, f := range t.Fields {
			fmt.Fprintf(&content, "%s:{{%s.DATA}}\n", f.Label, f.Name)
			fmt.Fprintf(&example, "%s:示例\n", f.Label)
		}
		one.Content, one.Example = content.String(), example.String()
		data = append(data, one)
	}
	return map[string]any{"errcode": 0, "errmsg": "ok", "data": data}
}

// officialTemplateList is /cgi-bin/template/get_all_private_template.
func (s *Server) officialTemplateList(*http.Request, []byte) any {
	type item struct {
		ID      string `json:"template_id"`
		Title   string `json:"title"`
		Content string `json:"content"`
		Example string `json:"example"`
	}
	list := []item{}
	for _, t := range s.official.templates {
		var content strings.Builder
		for _, f := range t.Fields {
			fmt.Fprintf(&content, "%s:{{%s.DATA}}\n", f.Label, f.Name)
		}
		list = append(list, item{ID: t.ID, Title: t.Title, Content: content.String()})
	}
	return map[string]any{"template_list": list}
}
