// Package instance starts private MariaDB and Redis processes on loopback, and programs of
// ours beside them, for `make run`, for measuring and for tests. They belong to the process that started them: they end when it calls
// Stop, and also when it dies without doing so.
//
// A private instance has no passwords: it listens on 127.0.0.1 and on a socket file only,
// so that everyone with an account on this machine can reach it. Production uses servers
// of its own and never this package.
//
// A folder serves one instance at a time. A start on a folder that another instance still
// uses waits for that one to end, then fails. Ctrl-C in the terminal does not reach the
// instances: they run in process groups of their own, so that the program above them can
// finish its work first.
package instance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	startLimit   = 20 * time.Second // from exec to the first answer
	installLimit = 60 * time.Second // writing a fresh MariaDB data directory
	stopLimit    = 10 * time.Second // from SIGTERM to SIGKILL
	lockLimit    = 10 * time.Second // for an earlier instance in the same folder to end
	pollEvery    = 10 * time.Millisecond
	portTries    = 5
)

// MariaDB says where a private MariaDB lives and how careful it is.
type MariaDB struct {
	Dir     string // of this one instance; holds the data, the log and the lock; made when missing; "" is a temporary one, removed by Stop
	Port    int    // on 127.0.0.1; 0 takes a free one
	Durable bool   // false trades safety against a power cut for speed (tests); data still survives Stop
}

// Redis says where a private Redis lives and whether it keeps what it is told.
type Redis struct {
	Dir     string // as in MariaDB
	Port    int    // as in MariaDB
	Durable bool   // true writes an append-only file, so that data survives a restart; false keeps nothing
}

// StartMariaDB starts MariaDB and returns once it accepts connections: after about 1.5 s
// with an empty Dir, 0.3 s otherwise. ctx bounds the start only, not the life of the
// process. Without the Debian packages it fails with a sentence that names them; when the
// process dies early, the error holds the end of its log.
func StartMariaDB(ctx context.Context, m MariaDB) (*Process, error) {
	if err := installed("mariadb-server-core", "mariadb-client-core"); err != nil {
		return nil, err
	}
	return start(ctx, m.Dir, m.Port, program{
		name:    "mariadb",
		binary:  "mariadbd",
		prepare: installMariaDB,
		args: func(p place) []string {
			args := asRoot([]string{"--no-defaults",
				// A folder of its own: at the start MariaDB deletes whatever temporary tables
				// it finds, also those of another instance.
				"--tmpdir=" + p.dir,
				"--datadir=" + p.data(), "--socket=" + p.socket, "--pid-file=" + filepath.Join(p.dir, "mariadb.pid"),
				"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(p.port),
				"--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_520_ci",
				"--transaction-isolation=READ-COMMITTED", "--default-time-zone=+00:00",
				"--skip-log-bin", "--skip-name-resolve", "--local-infile=0", "--max-connections=500",
				// Containers often forbid io_uring and bound aio; a private instance needs neither.
				"--innodb-use-native-aio=0",
			})
			if m.Durable {
				// Said although they are the defaults: make bench counts on them.
				return append(args, "--innodb-flush-log-at-trx-commit=1", "--innodb-doublewrite=1",
					"--innodb-buffer-pool-size=128M", "--innodb-log-file-size=96M")
			}
			return append(args, "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
				"--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--innodb-log-buffer-size=4M",
				"--aria-pagecache-buffer-size=8M", "--key-buffer-size=1M", "--performance-schema=0")
		},
		ready: greeted,
		dsn: func(port int, db string) string {
			return fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s?parseTime=true&interpolateParams=true&loc=UTC", port, db)
		},
	})
}

// StartRedis starts Redis and returns once it answers PING. The rest is as with
// StartMariaDB.
func StartRedis(ctx context.Context, r Redis) (*Process, error) {
	if err := installed("redis-server"); err != nil {
		return nil, err
	}
	return start(ctx, r.Dir, r.Port, program{
		name:    "redis",
		binary:  "redis-server",
		prepare: func(_ context.Context, p place) error { return os.MkdirAll(p.data(), 0o700) },
		args: func(p place) []string {
			appendOnly := "no"
			if r.Durable {
				appendOnly = "yes"
			}
			return []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(p.port),
				"--unixsocket", p.socket, "--unixsocketperm", "700", "--dir", p.data(), "--pidfile", filepath.Join(p.dir, "redis.pid"),
				"--save", "", "--appendonly", appendOnly, "--daemonize", "no"}
		},
		ready: ponged,
	})
}

// binaries are the programs that each Debian package brings and a start needs.
var binaries = []struct {
	pkg   string
	names []string
}{
	{"mariadb-server-core", []string{"mariadbd", "mariadb-install-db"}},
	{"mariadb-client-core", []string{"my_print_defaults"}},
	{"redis-server", []string{"redis-server"}},
}

// Missing names the Debian packages whose programs are not on this machine; none when both
// kinds of instance can start.
func Missing() []string {
	var missing []string
	for _, b := range binaries {
		if slices.ContainsFunc(b.names, func(name string) bool { _, err := find(name); return err != nil }) {
			missing = append(missing, b.pkg)
		}
	}
	return missing
}

var errSystem = errors.New("private MariaDB and Redis instances run on Linux only: set WARMCABIN_MYSQL_DSN and WARMCABIN_REDIS_ADDR to servers of your own, such as those of the compose file in configs/deploy")

// installed refuses with a sentence when one of the packages is missing.
func installed(packages ...string) error {
	if runtime.GOOS != "linux" {
		return errSystem
	}
	missing := slices.DeleteFunc(Missing(), func(p string) bool { return !slices.Contains(packages, p) })
	if len(missing) == 0 {
		return nil
	}
	names := strings.Join(missing, " ")
	return fmt.Errorf("%s is not installed on this machine: `make run` and `make test` install it, or: apt-get install --no-install-recommends %s", names, names)
}

// find looks for a program on PATH and where daemons live, which is not on everyone's PATH.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

// asRoot adds what MariaDB demands of root before it serves as root.
func asRoot(args []string) []string {
	if os.Geteuid() == 0 {
		return append(args, "--user=root")
	}
	return args
}

// installMariaDB writes a fresh data directory unless there is one. It writes beside the
// final name and renames, so that a start killed half-way leaves nothing to trip over.
func installMariaDB(ctx context.Context, p place) error {
	if _, err := os.Stat(filepath.Join(p.data(), "mysql")); err == nil {
		return nil
	}
	fresh := p.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	binary, err := find("mariadb-install-db")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, asRoot([]string{"--no-defaults", "--datadir=" + fresh,
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"})...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.ExtraFiles = []*os.File{p.lock}
	cmd.Env = append(os.Environ(), "TMPDIR="+p.dir)
	ownGroup(cmd)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mariadb-install-db in %s: %w\n%s", fresh, err, lastLines(out.String()))
	}
	return os.Rename(fresh, p.data())
}

// greeted tells whether MariaDB sent its greeting: a packet of protocol version 10.
func greeted(conn net.Conn) error {
	var head [5]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	if head[4] != 10 {
		return fmt.Errorf("mariadb refuses connections (first byte %#x)", head[4])
	}
	return nil
}

// ponged tells whether Redis answers, which it refuses while it still loads its data.
func ponged(conn net.Conn) error {
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		return err
	}
	var reply [5]byte
	if _, err := io.ReadFull(conn, reply[:]); err != nil {
		return err
	}
	if string(reply[:]) != "+PONG" {
		return errors.New("redis is not ready")
	}
	return nil
}
