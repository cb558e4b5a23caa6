package wechatsim

import (
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Control is the person's side, for demonstrations and tests, under /sim. It answers this
// machine only: who reaches it can be anybody.
//
//	POST   /sim/people/{name}/login-code          {code, openid}
//	POST   /sim/people/{name}/phone-code          {code, phone}: the number that WeChat shows the person
//	POST   /sim/people/{name}/prompts             {template_ids, accept, silent} → {results: {id: "accept"|"reject"}}
//	PUT    /sim/people/{name}/ways                a Ways
//	POST   /sim/people/{name}/refusals            {template_ids}: turned off in WeChat's own settings
//	PUT    /sim/people/{name}/follow              follows the official account
//	DELETE /sim/people/{name}/follow              does not any more
//	GET    /sim/people/{name}/credits             {credits: {id: n}, long_term: [id], main_switch, follows}
//	GET    /sim/people/{name}/messages?after=N    {messages, unread}
//	POST   /sim/people/{name}/messages/{id}/read  {unread}
//	GET    /sim/people                            {people: [{name, openid, unread}]}
//	GET    /sim/codes                             {codes: [a Drawn]}, the newest first
//	GET    /sim/templates                         {templates, official_templates}
//	POST   /sim/faults                            a Fault
//	GET    /sim/faults                            {faults}
//	DELETE /sim/faults                            and fair weather
//	PUT    /sim/weather                           a Weather
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sim/people/{name}/login-code", s.named(s.mintLogin))
	mux.HandleFunc("POST /sim/people/{name}/phone-code", s.named(s.mintPhone))
	mux.HandleFunc("POST /sim/people/{name}/prompts", s.named(s.prompt))
	mux.HandleFunc("PUT /sim/people/{name}/ways", s.named(s.setWays))
	mux.HandleFunc("POST /sim/people/{name}/refusals", s.named(s.turnOff))
	mux.HandleFunc("PUT /sim/people/{name}/follow", s.named(s.follow))
	mux.HandleFunc("DELETE /sim/people/{name}/follow", s.named(s.follow))
	mux.HandleFunc("GET /sim/people/{name}/credits", s.named(s.credits))
	mux.HandleFunc("GET /sim/people/{name}/messages", s.named(s.listMessages))
	mux.HandleFunc("POST /sim/people/{name}/messages/{id}/read", s.named(s.readMessage))
	mux.HandleFunc("GET /sim/people", s.listPeople)
	mux.HandleFunc("GET /sim/codes", s.listDrawn)
	mux.HandleFunc("GET /sim/templates", s.listTemplates)
	mux.HandleFunc("POST /sim/faults", s.addFault)
	mux.HandleFunc("GET /sim/faults", s.listFaults)
	mux.HandleFunc("DELETE /sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PUT /sim/weather", s.changeWeather)
	return localOnly(mux)
}

// localOnly lets through what comes from this machine and from no page of another site.
// The Host check stops a site that points its own name at 127.0.0.1.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		switch {
		case err != nil || !from.Addr().Unmap().IsLoopback():
			sendError(w, http.StatusForbidden, "the simulator's control side answers this machine only")
		case r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Real-Ip") != "":
			sendError(w, http.StatusForbidden, "the simulator's control side answers no proxy")
		case !localName(r.Host):
			sendError(w, http.StatusForbidden, "call the simulator's control side as localhost or 127.0.0.1")
		case r.Header.Get("Sec-Fetch-Site") == "cross-site":
			sendError(w, http.StatusForbidden, "the simulator's control side answers no other site's page")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1", "[::1]"}, strings.ToLower(host))
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func sendError(w http.ResponseWriter, status int, words string) {
	send(w, status, object{"error": words})
}

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// visit is one control call about one person.
type visit struct {
	*http.Request
	body []byte
	hash string
	*person
}

// named finds the person of the path, new or known, and runs serve under the lock; what
// serve returns is sent after it. What a person does here is also a sign that they have
// their phone in hand.
func (s *Server) named(serve func(visit) (status int, body any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		if !namePattern.MatchString(name) {
			sendError(w, http.StatusBadRequest, "a name is 1 to 64 of a-z, 0-9, - and _")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			sendError(w, http.StatusBadRequest, "the body could not be read")
			return
		}
		status, answer := s.visit(name, visit{Request: r, body: body}, serve)
		send(w, status, answer)
	}
}

func (s *Server) visit(name string, v visit, serve func(visit) (int, any)) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.hash = hashOf(name)
	v.person = s.person(v.hash)
	if v.person == nil {
		return http.StatusInsufficientStorage, object{"error": "too many people"}
	}
	v.person.name, v.person.seen = name, s.now()
	return serve(v)
}

func (s *Server) mintLogin(v visit) (int, any) {
	code := s.mint("login", v.hash)
	if code == "" {
		return http.StatusTooManyRequests, object{"error": "too many codes"}
	}
	return http.StatusOK, object{"code": code, "openid": miniPrefix + v.hash}
}

func (s *Server) mintPhone(v visit) (int, any) {
	code := s.mint("phone", v.hash)
	if code == "" {
		return http.StatusTooManyRequests, object{"error": "too many codes"}
	}
	return http.StatusOK, object{"code": code, "phone": phoneOf(v.hash)}
}

// prompt plays wx.requestSubscribeMessage with the person's answer.
func (s *Server) prompt(v visit) (int, any) {
	var in struct {
		TemplateIDs []string `json:"template_ids"`
		Accept      bool     `json:"accept"`
		Silent      bool     `json:"silent"` // the choice was kept: nothing was shown, so no event tells of it
	}
	if json.Unmarshal(v.body, &in) != nil {
		return http.StatusBadRequest, object{"error": "the body is {template_ids: [], accept: true|false}"}
	}
	if code, words := s.checkPrompt(in.TemplateIDs); code != 0 {
		return http.StatusBadRequest, object{"errCode": code, "errMsg": "requestSubscribeMessage:fail " + words}
	}
	if v.deaf {
		return http.StatusBadRequest, object{"errCode": 20004, "errMsg": "requestSubscribeMessage:fail the main switch is off"}
	}
	results := map[string]string{}
	var list [][]field
	for _, id := range in.TemplateIDs {
		t, _ := s.mini.template(id)
		results[id] = "reject"
		if in.Accept {
			results[id] = "accept"
		}
		list = append(list, []field{{"TemplateId", id}, {"SubscribeStatusString", results[id]}, {"PopupScene", "0"}})
		switch {
		case t.Kind == LongTerm && in.Accept:
			v.standing[id] = true
		case t.Kind == LongTerm:
			delete(v.standing, id)
		case in.Accept:
			v.person.credits[id]++
		}
	}
	if !in.Silent {
		s.tell(s.mini, miniPrefix+v.hash, "subscribe_msg_popup_event", s.now(), "", field{"List", list})
	}
	return http.StatusOK, object{"results": results}
}

// Ways are what a person set in WeChat and what is to happen to them; what is absent stays.
type Ways struct {
	MainSwitch *bool   `json:"main_switch,omitempty"` // off: no prompt opens (20004), no message is taken (43101)
	Verdict    *string `json:"verdict,omitempty"`     // on their photos: pass, review or risky
	Late       *int    `json:"late,omitempty"`        // so many next messages are taken and then not delivered
}

func (s *Server) setWays(v visit) (int, any) {
	var in Ways
	if json.Unmarshal(v.body, &in) != nil {
		return http.StatusBadRequest, object{"error": "the body is {main_switch, verdict, late}"}
	}
	if in.Verdict != nil && verdictLabels[*in.Verdict] == "" {
		return http.StatusBadRequest, object{"error": "verdict: pass, review or risky"}
	}
	if in.MainSwitch != nil {
		v.deaf = !*in.MainSwitch
	}
	if in.Verdict != nil {
		v.verdict = *in.Verdict
	}
	if in.Late != nil {
		v.late = max(0, *in.Late)
	}
	return http.StatusOK, object{"main_switch": !v.deaf, "verdict": cmp.Or(v.verdict, "pass"), "late": v.late}
}

// turnOff plays 管理消息 in WeChat: what was allowed of these templates is gone.
func (s *Server) turnOff(v visit) (int, any) {
	var in struct {
		TemplateIDs []string `json:"template_ids"`
	}
	if json.Unmarshal(v.body, &in) != nil || len(in.TemplateIDs) == 0 {
		return http.StatusBadRequest, object{"error": "the body is {template_ids: []}"}
	}
	var list [][]field
	for _, id := range in.TemplateIDs {
		delete(v.person.credits, id)
		delete(v.standing, id)
		list = append(list, []field{{"TemplateId", id}, {"SubscribeStatusString", "reject"}})
	}
	s.tell(s.mini, miniPrefix+v.hash, "subscribe_msg_change_event", s.now(), "", field{"List", list})
	return http.StatusOK, object{"credits": maps.Clone(v.person.credits)}
}

func (s *Server) follow(v visit) (int, any) {
	if s.official.appID == "" {
		return http.StatusNotFound, object{"error": "there is no official account"}
	}
	v.left = v.Method == http.MethodDelete
	v.follows = !v.left
	event := "subscribe"
	if v.left {
		event = "unsubscribe"
	}
	s.tell(s.official, officialPrefix+v.hash, event, s.now(), "", field{"EventKey", ""})
	return http.StatusOK, object{"follows": v.follows}
}

// checkPrompt gives the errCode of a call that WeChat would refuse, 0 for a good one.
func (s *Server) checkPrompt(ids []string) (code int, words string) {
	if len(ids) == 0 {
		return 10001, "template list is empty"
	}
	if len(ids) > 3 {
		return 20003, "templates count out of max bounds"
	}
	kind := ""
	for i, id := range ids {
		t, known := s.mini.template(id)
		if !known || slices.Contains(ids[:i], id) {
			return 20001, "no template data return, verify the template id exist"
		}
		if kind != "" && t.Kind != kind {
			return 20002, "template kinds are mixed"
		}
		kind = t.Kind
	}
	return 0, ""
}

func (s *Server) credits(v visit) (int, any) {
	standing := slices.Sorted(maps.Keys(v.standing))
	if standing == nil {
		standing = []string{}
	}
	return http.StatusOK, object{"credits": maps.Clone(v.person.credits), "long_term": standing, "main_switch": !v.deaf, "follows": v.follows}
}

func (p *person) unread() int {
	n := 0
	for _, m := range p.messages {
		if !m.Read {
			n++
		}
	}
	return n
}

func (s *Server) listMessages(v visit) (int, any) {
	after, err := strconv.ParseInt(v.FormValue("after"), 10, 64)
	if err != nil && v.FormValue("after") != "" {
		return http.StatusBadRequest, object{"error": "after is a message id"}
	}
	messages := []Message{}
	for _, m := range v.messages {
		if m.ID > after {
			messages = append(messages, m)
		}
	}
	return http.StatusOK, object{"messages": messages, "unread": v.unread()}
}

func (s *Server) readMessage(v visit) (int, any) {
	id, err := strconv.ParseInt(v.PathValue("id"), 10, 64)
	i := slices.IndexFunc(v.messages, func(m Message) bool { return m.ID == id })
	if err != nil || i < 0 {
		return http.StatusNotFound, object{"error": "this person has no such message"}
	}
	v.messages[i].Read = true
	return http.StatusOK, object{"unread": v.unread()}
}

func (s *Server) listPeople(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, object{"people": s.everybody()})
}

// Person is a line of the control side's list of people. Name is empty when only an
// openid is known.
type Person struct {
	Name   string `json:"name"`
	OpenID string `json:"openid"`
	Unread int    `json:"unread"`
}

func (s *Server) everybody() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	people := []Person{}
	for hash, p := range s.people {
		people = append(people, Person{p.name, miniPrefix + hash, p.unread()})
	}
	slices.SortFunc(people, func(a, b Person) int { return strings.Compare(a.Name+a.OpenID, b.Name+b.OpenID) })
	return people
}

func (s *Server) listTemplates(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, object{"templates": s.mini.templates, "official_templates": s.official.templates})
}

func (s *Server) addFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&f) != nil {
		sendError(w, http.StatusBadRequest, "the body is {path, count, errcode | status | delay_ms | drop}")
		return
	}
	if wrong := s.SetFault(f); wrong != "" {
		sendError(w, http.StatusBadRequest, wrong)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) changeWeather(w http.ResponseWriter, r *http.Request) {
	var in Weather
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&in) != nil {
		sendError(w, http.StatusBadRequest, "the body is {chance, faults}")
		return
	}
	if wrong := s.SetWeather(in); wrong != "" {
		sendError(w, http.StatusBadRequest, wrong)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) listFaults(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, object{"faults": s.armed()})
}

func (s *Server) armed() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := []Fault{}
	for _, f := range s.faults {
		faults = append(faults, *f)
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	return faults
}
