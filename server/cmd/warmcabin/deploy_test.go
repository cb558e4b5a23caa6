package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"warmcabin/server/instance"
	"warmcabin/server/mysql/dbtest"
)

const deploy = configs + "deploy/"

// Every series that the alerts and the dashboard ask for is one that the product shows.
func TestAlertsAskForWhatIsThere(t *testing.T) {
	s := install(t, dbtest.DSN(t)).serve()
	phone := s.login("resident")
	phone.call(http.MethodGet, "/api/v1/me", nil, 200)
	page := ""
	until(t, "every job ran once", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.metrics+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, raw := phone.do(req)
		page = string(raw)
		return strings.Contains(page, `warmcabin_job_success_timestamp_seconds{job="outbox"}`) && strings.Contains(page, `warmcabin_job_success_timestamp_seconds{job="seal"}`)
	})
	asked := regexp.MustCompile(`(?:warmcabin|process)_[a-z_]+`)
	found := 0
	for _, name := range []string{"prometheus-rules.yaml", "grafana-dashboard.json"} {
		text, err := os.ReadFile(deploy + name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, "expr") {
				continue
			}
			for _, series := range asked.FindAllString(line, -1) {
				found++
				if !strings.Contains(page, "\n"+series+"{") && !strings.Contains(page, "\n"+series+" ") {
					t.Errorf("%s asks for %s, which the product does not show", name, series)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d series are asked for", found)
	}
}

// The script that makes the database's users, on a database of its own; then the migration as
// one of them, and the product as the other.
func TestTwoUsersOfTheDatabase(t *testing.T) {
	db, err := instance.StartMariaDB(context.Background(), instance.MariaDB{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Stop(); err != nil {
			t.Error(err)
		}
	})
	_, port, _ := net.SplitHostPort(db.Addr())
	script := func(environ ...string) (string, error) {
		cmd := exec.Command("sh", deploy+"create-users.sh")
		cmd.Env = append(append(os.Environ(), "MARIADB_ARGS=--no-defaults --protocol=tcp -h127.0.0.1 -P"+port), environ...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, wrong := range [][]string{{"MARIADB_PASSWORD=a"}, {"MARIADB_PASSWORD=a", "MARIADB_MIGRATE_PASSWORD=a"}, {"MARIADB_PASSWORD=a'; DROP", "MARIADB_MIGRATE_PASSWORD=b"}} {
		if out, err := script(wrong...); err == nil {
			t.Errorf("%v is taken: %s", wrong, out)
		}
	}
	root := connect(t, db.DSN(""))
	if _, err := root.Exec(`CREATE DATABASE warmcabin CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`); err != nil {
		t.Fatal(err)
	}
	if _, err := root.Exec(`GRANT ALL PRIVILEGES ON warmcabin.* TO 'warmcabin'@'%' IDENTIFIED BY 'old'`); err != nil { // as it was before there were two
		t.Fatal(err)
	}
	for range 2 {
		if out, err := script("MARIADB_PASSWORD=app1", "MARIADB_MIGRATE_PASSWORD=mig1"); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	migration := install(t, "warmcabin_migrate:mig1@tcp("+db.Addr()+")/warmcabin")
	product := install(t, "warmcabin:app1@tcp("+db.Addr()+")/warmcabin")
	product.refuses("不能创建数据库", "migrate")
	for range 2 {
		if out := migration.must("migrate", "-grant-to", "warmcabin@%"); !strings.Contains(out, "已授权给 warmcabin@%") {
			t.Error(out)
		}
	}
	if out := migration.must("verify"); !strings.Contains(out, "能改动或删除 audit、") {
		t.Errorf("nothing is said of too many rights: %s", out)
	}
	if out := product.must("verify"); strings.Contains(out, "能改动或删除") {
		t.Error(out)
	}
	dir := t.TempDir()
	product.must("backup", "-to", dir) // SELECT is enough
	s := product.serve()
	s.login("resident").call(http.MethodGet, "/api/v1/me", nil, 200)
	s.cancel()
	if err := s.ended(); err != nil {
		t.Error(err)
	}
}
