package wechat

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// node is a JSON object or an XML element with children: what WeChat pushes comes as
// either, and its fields as text or numbers without rule.
type node map[string]any

// maxDepth is more than any push has; deeper ones are somebody's joke.
const maxDepth = 8

var errTree = errors.New("wechat: neither JSON nor XML")

// tree parses a body by what it begins with, whatever the content type says.
func tree(body []byte) (node, error) {
	body = bytes.TrimSpace(body)
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		var n node
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		if err := d.Decode(&n); err != nil {
			return nil, errTree
		}
		return n, nil
	case bytes.HasPrefix(body, []byte("<")):
		return xmlTree(body)
	}
	return nil, errTree
}

func xmlTree(body []byte) (node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return nil, errTree
		}
		if _, ok := token.(xml.StartElement); ok {
			value, err := element(d, 1)
			if n, ok := value.(node); ok && err == nil {
				return n, nil
			}
			return nil, errTree
		}
	}
}

// element reads up to the end of the element that has begun: its text, or its children.
func element(d *xml.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errTree
	}
	var text strings.Builder
	var n node
	for {
		token, err := d.Token()
		if err != nil || errors.Is(err, io.EOF) {
			return nil, errTree
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			value, err := element(d, depth+1)
			if err != nil {
				return nil, err
			}
			if n == nil {
				n = node{}
			}
			n.add(t.Name.Local, value)
		case xml.EndElement:
			if n != nil {
				return n, nil
			}
			return strings.TrimSpace(text.String()), nil
		}
	}
}

// add keeps a second element of a name beside the first one.
func (n node) add(name string, value any) {
	switch old := n[name].(type) {
	case nil:
		n[name] = value
	case []any:
		n[name] = append(old, value)
	default:
		n[name] = []any{old, value}
	}
}

func (n node) text(name string) string {
	switch v := n[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// number is 0 for what is none.
func (n node) number(name string) int64 {
	i, _ := strconv.ParseInt(n.text(name), 10, 64)
	return i
}

// child is empty where there is none.
func (n node) child(name string) node { return asNode(n[name]) }

func (n node) list(name string) (all []node) {
	switch v := n[name].(type) {
	case []any:
		for _, one := range v {
			if c := asNode(one); c != nil {
				all = append(all, c)
			}
		}
	default:
		if c := asNode(v); c != nil {
			all = append(all, c)
		}
	}
	return all
}

func asNode(v any) node {
	switch v := v.(type) {
	case node:
		return v
	case map[string]any:
		return v
	}
	return nil
}
