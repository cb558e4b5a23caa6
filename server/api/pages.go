package api

import (
	"embed"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

//go:embed phones
var phones embed.FS

// pages serves what is not the API: the browser client, its documentation and, with the
// simulator, the page of three phones and the simulator's control side.
func (s *Server) pages() {
	docs := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "温馨小屋 API", SwaggerJSON: Base + "/openapi.json", BasePath: "/docs/",
		SettingsUI: map[string]string{"validatorUrl": "null"},
	})
	s.echo.GET("/docs", func(c echo.Context) error { return c.Redirect(http.StatusFound, "/docs/") })
	s.echo.GET("/docs/*", echo.WrapHandler(docs))
	if s.Sim != nil {
		s.echo.Any("/sim/*", echo.WrapHandler(s.Sim))
		pages, err := fs.Sub(phones, "phones")
		if err != nil {
			panic(err) // embedded above
		}
		s.echo.GET("/demo", func(c echo.Context) error { return file(c, pages, "demo.html") })
		s.echo.GET("/demo/*", func(c echo.Context) error { return file(c, pages, c.Param("*")) })
	}
	if s.ClientDir != "" {
		client := os.DirFS(s.ClientDir)
		s.echo.GET("/", func(c echo.Context) error { return file(c, client, "index.html") })
		s.echo.GET("/*", func(c echo.Context) error { return file(c, client, c.Param("*")) })
	}
}

// file serves one file. A built asset's name holds a hash of its content, so it is kept
// for good; everything else is asked for again.
func file(c echo.Context, files fs.FS, name string) error {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if info, err := fs.Stat(files, name); err != nil || info.IsDir() {
		return echo.ErrNotFound
	}
	cache := "no-cache"
	if strings.HasPrefix(name, "assets/") {
		cache = "public, max-age=31536000, immutable"
	}
	c.Response().Header().Set("Cache-Control", cache)
	http.ServeFileFS(c.Response(), c.Request(), files, name)
	return nil
}
