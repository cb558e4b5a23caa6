package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"warmcabin/server/mysql/dbtest"
)

// The operator's night and the bad day after it: backup with keys apart, everything gone,
// restore, verify, and those who were logged in have to log in again.
func TestBackupAndRestore(t *testing.T) {
	server := dbtest.Server(t)
	i := install(t, server.DSN("warmcabin_night"))
	i.must("migrate")
	i.must("demo")
	drop := func() {
		if _, err := connect(t, server.DSN("")).Exec(`DROP DATABASE IF EXISTS warmcabin_night`); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(drop)
	s := i.serve()
	resident := s.login("resident")
	dir, keys := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "keys")
	i.sentence("密钥不能和备份放在一起", "backup", "-to", dir, "-keys-to", filepath.Join(dir, "keys"))
	i.sentence("密钥不能和备份放在一起", "backup", "-to", dir, "-keys-to", filepath.Dir(dir))
	i.sentence("请用 -to 指定", "backup")
	out := i.must("backup", "-to", dir, "-keys-to", keys, "-keep", "3")
	if !strings.Contains(out, "已备份到 "+dir) || !strings.Contains(out, "密钥另存在 "+keys) {
		t.Error(out)
	}
	folders, _ := filepath.Glob(dir + "/warmcabin-*")
	if len(folders) != 1 {
		t.Fatal(folders)
	}
	kept, _ := filepath.Glob(keys + "/*.keys")
	if len(kept) != 1 {
		t.Fatal(kept)
	}
	info, err := os.Stat(kept[0])
	text, _ := os.ReadFile(kept[0])
	if err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(string(text), "\nWARMCABIN_VAULT_KEYS=1:") {
		t.Errorf("%v %v", info.Mode(), err)
	}
	everything := false
	_ = filepath.Walk(folders[0], func(path string, info os.FileInfo, err error) error {
		content, _ := os.ReadFile(path)
		everything = everything || strings.Contains(string(content), "WARMCABIN_") || strings.Contains(string(content), "ZGV2ZWxvcG1lbnQtb25seS")
		return err
	})
	if everything {
		t.Error("a key is in the backup")
	}
	if out := i.must("restore", "-check", "-from", folders[0]); !strings.HasPrefix(out, "备份完整：") {
		t.Error(out)
	}
	i.refuses("目标数据库里已经有数据", "restore", "-from", folders[0])
	resident.call("GET", "/api/v1/me", nil, 200)
	s.cancel()
	if err := s.ended(); err != nil {
		t.Fatal(err)
	}

	reports := ask[int](t, connect(t, server.DSN("warmcabin_night")), `SELECT COUNT(*) FROM reports`)
	drop()
	for n, e := range i.environ { // another machine: no photos yet
		if strings.HasPrefix(e, "WARMCABIN_MEDIA_DIR=") {
			i.environ[n] = "WARMCABIN_MEDIA_DIR=" + t.TempDir()
		}
	}
	other := &installed{t: t, environ: append(append([]string{}, i.environ...), "WARMCABIN_VAULT_INDEX_KEY=bTHzq4m2rM0s0gUoJYhGQKzYH4lS9z7a6wYqX4b2k9E=")}
	other.refuses("vault.index_key 不是备份时的那一把", "restore", "-from", folders[0])
	if out := i.must("restore", "-from", folders[0]); !strings.Contains(out, "已恢复") {
		t.Error(out)
	}
	if out := i.must("verify"); !strings.Contains(out, "全部完整，没有被改动过。") {
		t.Error(out)
	}
	if n := ask[int](t, connect(t, server.DSN("warmcabin_night")), `SELECT COUNT(*) FROM reports`); n != reports || n == 0 {
		t.Errorf("%d reports, there were %d", n, reports)
	}
	again := i.serve()
	stale := &phone{served: again, token: resident.token}
	stale.call("GET", "/api/v1/me", nil, 401)
	again.login("resident").call("GET", "/api/v1/me", nil, 200)
	again.cancel()
	if err := again.ended(); err != nil {
		t.Error(err)
	}
}

// refuses fails unless the command ends with a sentence that holds these words, whatever it
// said before.
func (i *installed) refuses(words string, args ...string) {
	i.t.Helper()
	if out, err := i.run(args...); err == nil || !strings.Contains(err.Error(), words) {
		i.t.Errorf("warmcabin %s: want %q, got %v after %q", strings.Join(args, " "), words, err, out)
	}
}
