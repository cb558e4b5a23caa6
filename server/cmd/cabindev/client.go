package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	clientDir   = "miniprogram"
	browserDist = "dist/build/h5"
)

// npmEnv keeps the build tools from calling home and Playwright from downloading browsers.
func (d *dev) npmEnv(more ...string) []string {
	return slices.Concat(d.env, []string{
		"CI=1", "npm_config_fund=false", "npm_config_audit=false", "npm_config_update_notifier=false",
		"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1"}, more)
}

// clientModules runs `npm ci` when the lock file changed since it last did.
func (d *dev) clientModules(ctx context.Context) error {
	dir := filepath.Join(d.root, clientDir)
	hash, err := hashFiles(dir, []string{"package.json", "package-lock.json", ".npmrc"})
	if err != nil {
		return err
	}
	stamp := filepath.Join(dir, "node_modules", ".warmcabin-lock") // gone with node_modules
	if isStamped(stamp, hash) {
		return nil
	}
	return d.out.timed("客户端依赖 npm ci", func() error {
		if err := d.logged(ctx, "npm-ci", dir, d.npmEnv(), "npm", "ci"); err != nil {
			return err
		}
		return os.WriteFile(stamp, []byte(hash), 0o644)
	})
}

// browserClient builds the browser version when its sources changed since it last did.
func (d *dev) browserClient(ctx context.Context) error {
	if err := d.clientModules(ctx); err != nil {
		return err
	}
	dir := filepath.Join(d.root, clientDir)
	sources, err := clientSources(dir)
	if err != nil {
		return err
	}
	hash, err := hashFiles(dir, sources)
	if err != nil {
		return err
	}
	stamp := filepath.Join(dir, browserDist, ".warmcabin-build") // gone with the build
	if isStamped(stamp, hash) {
		return nil
	}
	return d.out.timed("客户端（浏览器版）", func() error {
		if err := d.logged(ctx, "build-h5", dir, d.npmEnv(), "npm", "run", "build:h5"); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(dir, browserDist, "index.html")); err != nil {
			return fmt.Errorf("客户端构建没有产生 %s/%s/index.html，日志在 .run/log/build-h5.log", clientDir, browserDist)
		}
		return os.WriteFile(stamp, []byte(hash), 0o644)
	})
}

func (d *dev) clientOnly(ctx context.Context) error {
	lock, err := d.claim("client", "这个文件夹里已经有一个构建在运行")
	if err != nil {
		return err
	}
	defer lock.Close()
	return d.browserClient(ctx)
}

func isStamped(stamp, hash string) bool {
	have, err := os.ReadFile(stamp)
	return err == nil && string(have) == hash
}

// clientSources lists the files that the browser build reads.
func clientSources(dir string) ([]string, error) {
	elsewhere := []string{"node_modules", "dist", "e2e", "tests", "test-results", "playwright-report"}
	var files []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(elsewhere, path):
			return fs.SkipDir
		case entry.Type().IsRegular() && !strings.HasSuffix(path, ".spec.ts"):
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// hashFiles is one hash over names and contents. A file that does not exist counts as such.
func hashFiles(dir string, files []string) (string, error) {
	sum := sha256.New()
	for _, name := range slices.Sorted(slices.Values(files)) {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		one := sha256.New()
		_, err = io.Copy(one, f)
		f.Close()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %x\n", name, one.Sum(nil))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
