package e2e

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

func TestBodiesThatAreNone(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	for name, body := range map[string]string{
		"nothing": "", "garbage": "{{{", "half": `{"categoryId":1,"body":"路`, "null": "null", "a list": "[]", "a word": `"x"`, "a number": "7",
		"two": `{"categoryId":1}{"categoryId":1}`, "empty": "{}", "XML": "<report/>",
		"wrong types":     `{"categoryId":"eins","body":7,"place":[],"photoIds":"a"}`,
		"an unknown item": `{"categoryId":1,"body":"小区路面积水","place":{"text":"路口"},"state":"closed","reporterId":7}`,
		"huge number":     `{"categoryId":1e400,"body":"小区路面积水","place":{"text":"路口"}}`,
		"beyond 64 bits":  `{"categoryId":92233720368547758079,"body":"小区路面积水","place":{"text":"路口"}}`,
		"fraction":        `{"categoryId":1.5,"body":"小区路面积水","place":{"text":"路口"}}`,
		"negative":        `{"categoryId":-1,"body":"小区路面积水","place":{"text":"路口"}}`,
		"no category":     `{"categoryId":99,"body":"小区路面积水","place":{"text":"路口"}}`,
		"no community":    `{"categoryId":1,"body":"小区路面积水","place":{"communityId":99}}`,
		"minus community": `{"categoryId":1,"body":"小区路面积水","place":{"communityId":-1}}`,
		"no deputy":       `{"categoryId":1,"body":"小区路面积水","place":{"text":"路口"},"deputyId":99}`,
		"nowhere":         `{"categoryId":1,"body":"小区路面积水","place":{}}`,
		"off the globe":   `{"categoryId":1,"body":"小区路面积水","place":{"lat":91,"lng":500}}`,
		"half a point":    `{"categoryId":1,"body":"小区路面积水","place":{"lat":31.2}}`,
		"null photo":      `{"categoryId":1,"body":"小区路面积水","place":{"text":"路口"},"photoIds":[null]}`,
		"deep":            strings.Repeat(`{"place":`, 5000) + "1" + strings.Repeat("}", 5000),
	} {
		s.clock.Advance(10 * time.Second)
		a := p.raw(http.MethodPost, "/reports", body, "application/json")
		if a.status != 422 {
			t.Errorf("%s: got %d, want 422: %s", name, a.status, a.raw)
			continue
		}
		a.refused(cabin.CodeInvalid)
		a.readable()
		if fields, _ := a.body["fields"].([]any); len(fields) == 0 && name != "nothing" {
			t.Errorf("%s: the refusal names no field: %s", name, a.raw)
		}
	}
	if n := s.number(`SELECT COUNT(*) FROM reports`); n != 0 {
		t.Errorf("they made %d reports", n)
	}
	for _, contentType := range []string{"text/plain", "application/xml", "application/cbor", "nonsense"} {
		s.clock.Advance(10 * time.Second)
		a := p.raw(http.MethodPost, "/reports", `{"categoryId":1}`, contentType)
		if a.status != 415 && a.status != 422 {
			t.Errorf("%s: got %d %s", contentType, a.status, a.raw)
			continue
		}
		a.refused(cabin.Code(a.body["code"].(string)))
		a.readable()
	}
	large := p.raw(http.MethodPost, "/reports", `{"body":"`+strings.Repeat("x", 600_000)+`"}`, "application/json")
	large.need(413)
	large.refused(cabin.CodeTooLarge)
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func TestQueriesThatAreNone(t *testing.T) {
	s := open(t)
	p := s.phone("all", cabin.Grant{Role: cabin.Staff}, cabin.Grant{Role: cabin.Admin}, cabin.Grant{Role: cabin.Deputy, ScopeID: 1}, cabin.Grant{Role: cabin.Department, ScopeID: 1}, cabin.Grant{Role: cabin.Community, ScopeID: 1})
	lists := []string{"/me/bookings", "/me/reports", "/me/notices", "/deputies", "/desk/reports", "/desk/bookings?view=past", "/deputy/bookings", "/deputy/reports", "/department/reports", "/community/reports", "/people"}
	bad := []string{"limit=0", "limit=51", "limit=-1", "limit=x", "limit=1e9", "limit=99999999999999999999", "limit=1.5", "cursor=x", "cursor=%00", "cursor=" + encoded("1"), "cursor=" + encoded("a.b"), "cursor=" + encoded("1.-5"),
		"cursor=" + encoded("1.0"), "cursor=" + encoded("1.1'"), "cursor=" + strings.Repeat("A", 65), "cursor=" + encoded("99999999999999999999.1"), "cursor=" + encoded("253402300800000.1"), "cursor=" + encoded("-62167219200001.1")}
	for _, list := range lists {
		for _, q := range bad {
			join := "?"
			if strings.Contains(list, "?") {
				join = "&"
			}
			a := p.get(list + join + q)
			if a.status != 422 {
				t.Errorf("GET %s with %s: got %d, want 422: %s", list, q, a.status, a.raw)
				continue
			}
			a.refused(cabin.CodeInvalid)
			a.readable()
		}
	}
	for _, path := range []string{
		"/deputies/1/slots?days=0", "/deputies/1/slots?days=32", "/deputies/1/slots?days=-1", "/deputies/1/slots?from=tomorrow", "/deputies/1/slots?from=2026-13-45",
		"/deputies/1/slots?from=2026-02-30", "/deputies/1/slots?from=2026-11-23T00:00:00Z", "/desk/bookings?date=x", "/desk/bookings?date=0000-01-01", "/desk/bookings?date=9999-12-31", "/deputies/1/slots?from=0000-01-01", "/deputies/1/slots?from=9999-12-31", "/desk/bookings?date=2026-00-00", "/desk/bookings?view=all",
		"/desk/reports?queue=mine", "/me/prompts?moment=now", "/me/prompts", "/deputies?stationId=x", "/bookings/0", "/bookings/-1", "/bookings/x", "/bookings/1.0",
		"/bookings/99999999999999999999", "/reports/0x10", "/stations/-1", "/deputies/1e3", "/deputies?q=" + strings.Repeat("x", 41), "/deputies?need=" + strings.Repeat("x", 101),
	} {
		a := p.get(path)
		if a.status != 422 {
			t.Errorf("GET %s: got %d, want 422: %s", path, a.status, a.raw)
			continue
		}
		a.refused(cabin.CodeInvalid)
		a.readable()
	}
	for _, path := range []string{"/deputies?stationId=-1", "/bookings/9223372036854775807"} {
		if a := p.get(path); a.status >= 500 {
			t.Errorf("GET %s: %d %s", path, a.status, a.raw)
		}
	}
	for _, in := range []map[string]any{{"ids": []int64{}}, {}, {"ids": slices.Repeat([]int64{1}, 101)}, {"all": "yes"}, {"ids": []string{"1"}}} {
		a := p.post("/me/notices/read", in)
		a.need(422)
		a.refused(cabin.CodeInvalid)
		a.readable()
	}
}

func TestAnswersInWhateverLanguageIsAsked(t *testing.T) {
	s := open(t)
	p := s.phone("resident")
	for _, accept := range []string{"text/html", "application/xml", "image/png", "application/cbor", "*/*;q=0", "nonsense", "application/json;q=0"} {
		for _, path := range []string{"/stations", "/me", "/bookings/7"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept", accept)
			if a := p.do(req); a.status != 200 && a.status != 404 || a.body == nil {
				t.Errorf("GET %s, Accept %s: %d %s", path, accept, a.status, a.raw)
			}
		}
	}
}

// odd are values that have broken programs before.
var odd = []any{
	nil, true, false, 0, 1, -1, 2147483648, 9223372036854775807.0, 1e308, 0.5, "", " ", "0", "null", "undefined", "NaN", "[object Object]", "\x00", "\u202e\u200b", "𠮷👩‍⚕️",
	"' OR '1'='1", `"; DROP TABLE persons; --`, "../../../../etc/passwd", "%s%n%d", "{{7*7}}", "<script>", strings.Repeat("长", 3000), "2026-02-30T25:61:61Z", "0000-01-01T00:00:00Z",
	"9999-12-31T23:59:59+14:00", "2026-11-25T09:30:00+08:00", []any{}, []any{nil}, []any{1, "x", []any{}}, []any{"𠮷"}, []any{"\x00"}, map[string]any{}, map[string]any{"command": "x"}, "accept", "cancel", "counter", "rate", "dispatch",
}

type operation struct {
	method, path string
	params       []map[string]any
	body         map[string]any
}

// operations reads the API's own description.
func (s *stage) operations() (list []operation) {
	s.t.Helper()
	described := s.guest().get("/openapi.json").need(200)
	schemas := described["components"].(map[string]any)["schemas"].(map[string]any)
	for path, methods := range described["paths"].(map[string]any) {
		for method, v := range methods.(map[string]any) {
			op, ok := v.(map[string]any)
			if !ok || op["operationId"] == nil {
				continue
			}
			o := operation{method: strings.ToUpper(method), path: strings.TrimPrefix(path, "/api/v1")}
			for _, param := range asList(op["parameters"]) {
				o.params = append(o.params, param.(map[string]any))
			}
			if body, ok := op["requestBody"].(map[string]any); ok {
				if asJSON, ok := body["content"].(map[string]any)["application/json"].(map[string]any); ok {
					ref, _ := asJSON["schema"].(map[string]any)["$ref"].(string)
					schema, _ := schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
					o.body, _ = schema["properties"].(map[string]any)
				}
			}
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return list
}

func asList(v any) []any { l, _ := v.([]any); return l }

// request fills an operation with odd values, the same ones for the same seed.
func (o operation) request(r *rand.Rand) (path string, body any) {
	path = o.path
	query := url.Values{}
	for _, param := range o.params {
		name, value := param["name"].(string), fmt.Sprint(odd[r.IntN(len(odd))])
		switch param["in"] {
		case "path":
			if r.IntN(2) == 0 || value == "" {
				value = fmt.Sprint(r.IntN(4))
			}
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
		case "query":
			if r.IntN(2) == 0 {
				query.Set(name, value)
			}
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if o.body == nil {
		return path, nil
	}
	fields := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(o.body)) {
		if r.IntN(5) > 0 {
			fields[name] = odd[r.IntN(len(odd))]
		}
	}
	return path, fields
}

// Whatever comes in, nothing of ours breaks: no answer is a 500, and every refusal is a
// sentence with a code.
func TestNothingBreaksOnOddInput(t *testing.T) {
	s := openStreet(t)
	r := rand.New(rand.NewPCG(2026, 11))
	grants := []cabin.Grant{{Role: cabin.Staff}, {Role: cabin.Admin}, {Role: cabin.Deputy, ScopeID: 1}, {Role: cabin.Department, ScopeID: 1}, {Role: cabin.Community, ScopeID: 1}, {Role: cabin.Liaison, ScopeID: 1}}
	operations := s.operations()
	if len(operations) < 40 {
		t.Fatalf("the description names %d operations", len(operations))
	}
	passed := map[int]int{}
	for round := range 12 {
		p := s.person(fmt.Sprintf("odd-%d", round), grants...)
		for _, o := range operations {
			s.clock.Advance(10 * time.Second)
			path, body := o.request(r)
			a := p.send(o.method, path, body)
			passed[a.status]++
			if a.status >= 500 {
				t.Errorf("%s %s %s: %d %s", o.method, path, text(body), a.status, a.raw)
			} else if a.status >= 400 {
				a.refused(cabin.Code(fmt.Sprint(a.body["code"])))
				a.readable()
			}
			if a.status == 401 {
				p = s.person(fmt.Sprintf("odd-%d", round)) // they logged out
			}
		}
	}
	if passed[200] == 0 || passed[422] == 0 || passed[404] == 0 {
		t.Errorf("the odd input tries too little: %v", passed)
	}
	s.guest().get("/stations").need(200)
}
