// Package api is the HTTP side: routes, handlers, the one error→HTTP map and the one
// route→role table. Phones and the browser client speak to it; nothing else does.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
	"warmcabin/server/redis"
	"warmcabin/server/wechat"
)

// Template is what the API tells a phone about a message template.
type Template struct {
	ID       string
	Title    string
	LongTerm bool // one yes allows many messages
}

// Config is everything the API stands on. Sim is the simulator's control side, nil
// outside development; ClientDir is the built browser client, "" for none.
type Config struct {
	DB             *mysql.DB
	Sessions       *redis.Sessions
	WeChat         *wechat.Client
	Photos         *media.Store
	Exports        *excel.Folder
	Signer         *media.Signer // of the addresses that WeChat's image check fetches; nil = none
	Templates      map[cabin.TemplateKey]Template
	Sim            http.Handler
	ClientDir      string
	TrustedProxies []string
	PublicURL      string        // where people reach us, without a slash at the end
	FreshFor       time.Duration // how long a public list may be kept; 0 = not at all
	Development    bool
	SecondFactor   bool             // admins and auditors must have one; else only who bound one is asked
	Push           *wechat.Receiver // of the mini-program's events; nil = none
	OfficialPush   *wechat.Receiver // of the official account's
	OfficialTells  bool             // the official account sends messages
	PhoneButton    bool             // the account may ask for phone numbers by WeChat's button
	Fonts          Fonts            // for sheets
	Registry       Registry
	Log            *slog.Logger
}

// Server is the HTTP handler of the product.
type Server struct {
	Config
	echo        *echo.Echo
	huma        huma.API
	metrics     *metrics
	registered  map[string]bool
	nearest     nearest
	reportPages keptPages
	printing    chan struct{} // holds who prints a sheet
}

// New builds the handler. It fails when a trusted proxy is no CIDR range, and panics when
// a handler has no row in the route table or the other way round: a mistake in the code.
func New(c Config) (*Server, error) {
	s := &Server{Config: c, echo: echo.New(), metrics: newMetrics(c.Registry), registered: map[string]bool{}, nearest: nearest{life: c.FreshFor / 2}, printing: make(chan struct{}, 1)}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	extract, err := ipExtractor(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	s.echo.IPExtractor = extract
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.HTTPErrorHandler = s.unrouted
	s.use()

	config := huma.DefaultConfig("温馨小屋 API", "1")
	config.Servers = []*huma.Server{{URL: "/"}}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = Base+"/openapi", "", ""
	config.CreateHooks = nil // no $schema in answers
	config.Formats = map[string]huma.Format{"application/json": asJSON, "json": asJSON}
	config.Transformers = []huma.Transformer{encodeWhole}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"session": {Type: "http", Scheme: "bearer"}}
	s.huma = humaecho.New(s.echo, config)
	s.huma.UseMiddleware(s.gate)

	s.session()
	s.desktops()
	s.places()
	s.bookings()
	s.talks()
	s.deskRoutes()
	s.waits()
	s.schedule()
	s.calendars()
	s.photos()
	s.covers()
	s.reports()
	s.reportPeople()
	s.public()
	s.checks()
	s.codes()
	s.sheets()
	s.audits()
	s.phone()
	s.inbox()
	s.telling()
	s.reached()
	s.settings()
	s.categoryRoutes()
	s.shifts()
	s.deadPushes()
	s.imports()
	s.office()
	s.posts()
	s.exports()
	s.personal()
	s.statistics()
	s.records()
	s.factors()
	s.agreements()
	for _, r := range routes {
		if !s.registered[r.ID] {
			panic("api: no handler for route " + r.ID)
		}
	}
	s.signedMedia()
	s.receivers()
	s.pages()
	s.health()
	return s, nil
}

// ServeHTTP is http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// OpenAPI returns the API's description as YAML, from the Go types.
func (s *Server) OpenAPI() ([]byte, error) { return s.huma.OpenAPI().YAML() }

// add registers a handler under its row of the route table.
func add[I, O any](s *Server, id string, handle func(context.Context, *I) (*O, error)) {
	r := row(id)
	if r == nil || s.registered[id] {
		panic("api: no row, or two handlers, for route " + id)
	}
	s.registered[id] = true
	op := huma.Operation{
		OperationID: r.ID, Method: r.Method, Path: Base + r.Path, Summary: r.Summary, Tags: []string{strings.Split(r.Path, "/")[1]},
		DefaultStatus: http.StatusOK, MaxBodyBytes: maxJSON, BodyReadTimeout: 20 * time.Second,
		Errors: []int{http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}
	if r.Roles != nil {
		op.Security = []map[string][]string{{"session": {}}}
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusNotFound)
	}
	if r.Limit != nil {
		op.Errors = append(op.Errors, http.StatusTooManyRequests)
	}
	switch {
	case r.Creates:
		op.DefaultStatus = http.StatusCreated
	case r.Empty:
		op.DefaultStatus = http.StatusNoContent
	}
	if r.Words {
		op.MaxBodyBytes = maxWords
	}
	if r.Upload {
		op.DefaultStatus, op.MaxBodyBytes, op.BodyReadTimeout = http.StatusCreated, maxUpload, 2*time.Minute
	}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, problem(ctx, roused(ctx, err))
		}
		return out, nil
	})
}

// none is the answer of a route without one.
type none struct{}

// body wraps what is sent as JSON.
type body[T any] struct{ Body T }

func reply[T any](v T) *body[T] { return &body[T]{v} }

// List is a page of a list. Next is "" at the end.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next" doc:"cursor of the next page, empty at the end"`

	wire wire // all of it, when it was encoded before
}

func (l List[T]) encoded() wire { return l.wire }
