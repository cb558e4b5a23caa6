package jobs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/media/mediatest"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// workerEnv makes the test binary a worker that stops in the middle of its first photo.
const workerEnv = "WARMCABIN_JOBS_WORKER"

func TestMain(m *testing.M) {
	if told := os.Getenv(workerEnv); told != "" {
		fmt.Fprintln(os.Stderr, stuckWorker(told))
		os.Exit(1)
	}
	dbtest.Run(m)
}

// darkroom is a street with photos.
type darkroom struct {
	*checking
	dir string
}

func newDarkroom(t *testing.T) *darkroom {
	t.Helper()
	d := &darkroom{checking: newChecking(t), dir: t.TempDir()}
	photos, err := media.Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = photos.Close() })
	d.Photos = photos
	return d
}

// upload is what the API does with a photo of the reporter.
func (d *darkroom) upload(file []byte) string {
	d.t.Helper()
	p, err := d.Photos.Receive(d.t.Context(), bytes.NewReader(file), nil)
	if err == nil {
		err = d.DB.Photos.Add(d.t.Context(), cabin.Photo{ID: p.ID, OwnerID: d.reporter.PersonID, State: cabin.PhotoProcessing, Width: p.Width, Height: p.Height, Bytes: int(p.Bytes)})
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return p.ID
}

func (d *darkroom) reportWith(key string, ids ...string) int64 {
	d.t.Helper()
	r, err := d.DB.Reports.Submit(d.t.Context(), mysql.Key{PersonID: d.reporter.PersonID, Key: key}, mysql.NewReport{
		ReporterID: d.reporter.PersonID, CategoryID: 1, CommunityID: 1, Body: "楼前积水", PhotoIDs: ids})
	if err != nil {
		d.t.Fatal(err)
	}
	return r.ID
}

// run does the job until there is nothing left to do, and returns how much there was.
func (d *darkroom) run(job func(context.Context) (int, error)) (all int) {
	d.t.Helper()
	for {
		n, err := job(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		if all += n; n == 0 {
			return all
		}
	}
}

// state is the reporter's upload.
func (d *darkroom) state(id string) cabin.Photo {
	d.t.Helper()
	list, err := d.DB.Photos.Uploads(d.t.Context(), d.reporter.PersonID, []string{id})
	if err != nil || len(list) != 1 {
		d.t.Fatal(list, err)
	}
	return list[0]
}

// files lists what lies on the disk.
func (d *darkroom) files() (names []string) {
	d.t.Helper()
	err := filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, strings.TrimPrefix(path, d.dir+"/"))
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return names
}

// whole holds that all renditions are there, decodable and without metadata, and that what
// was sent is gone.
func (d *darkroom) whole(id string) {
	d.t.Helper()
	for _, size := range media.Sizes {
		f, _, err := d.Photos.Get(d.t.Context(), id, size)
		if err != nil {
			d.t.Fatal(size, err)
		}
		b, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil || mediatest.HasMetadata(b) { // which wants a complete JPEG
			d.t.Errorf("%s: %d bytes, %v", size, len(b), err)
		}
	}
	if _, err := os.Stat(filepath.Join(d.dir, "incoming", id)); !errors.Is(err, fs.ErrNotExist) {
		d.t.Errorf("what was sent: %v", err)
	}
}

func (d *darkroom) checks() (n int) {
	d.t.Helper()
	if err := d.x.QueryRow(`SELECT COUNT(*) FROM content_checks WHERE kind = 'image'`).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// A report does not wait for its photos: it is there at once, and WeChat is asked about a
// photo as soon as there is one.
func TestReportDoesNotWaitForItsPhotos(t *testing.T) {
	d := newDarkroom(t)
	id := d.upload(mediatest.GPSJPEG())
	report := d.reportWith("r", id)
	for d.work() > 0 {
	}
	d.want(report, "text:passed image:pending ")
	if len(d.asked) != 0 {
		t.Error("WeChat was sent to a photo that is not there")
	}
	if n := d.run(d.Develop); n != 1 {
		t.Errorf("%d photos developed", n)
	}
	if p := d.state(id); p.State != cabin.PhotoReady || p.Width != 1200 || p.Height != 1600 {
		t.Errorf("%+v", p)
	}
	d.whole(id)
	if d.work(); len(d.asked) != 1 || d.asked[0] != id {
		t.Errorf("WeChat was asked about %v", d.asked)
	}
}

// A photo that nobody gets to is for the staff, as one that WeChat does not answer about.
func TestPhotoThatIsNeverDevelopedGoesToTheStaff(t *testing.T) {
	d := newDarkroom(t)
	report := d.reportWith("r", d.upload(mediatest.GPSJPEG()))
	d.clock.Advance(cabin.CheckPatience)
	for d.work() > 0 {
	}
	d.want(report, "text:manual image:manual ")
}

// brokenInside passes for a photo until it is decoded.
func brokenInside() []byte {
	broken := mediatest.JPEG(mediatest.Picture(640, 480))
	at := bytes.Index(broken, []byte{0xff, 0xda}) + 100
	copy(broken[at:], bytes.Repeat([]byte{0xff, 0x00}, (len(broken)-at-2)/2))
	return broken
}

func TestWhatIsNoPhotoIsSaidToItsOwner(t *testing.T) {
	d := newDarkroom(t)
	loose, used := d.upload(brokenInside()), d.upload(brokenInside())
	report := d.reportWith("r", used)
	d.run(d.Develop)
	for _, id := range []string{loose, used} {
		if p := d.state(id); p.State != cabin.PhotoBad || !strings.Contains(p.Reason, "损坏") {
			t.Errorf("%+v", p)
		}
	}
	if d.checks() != 0 {
		t.Error("somebody is asked about a photo that is none")
	}
	if r, _, err := d.DB.Reports.Get(t.Context(), d.reporter, report); err != nil || r.Body != "楼前积水" {
		t.Errorf("its report: %+v, %v", r, err)
	}
	_, err := d.DB.Reports.Submit(t.Context(), mysql.Key{PersonID: d.reporter.PersonID, Key: "s"}, mysql.NewReport{
		ReporterID: d.reporter.PersonID, CategoryID: 1, CommunityID: 1, Body: "楼前积水", PhotoIDs: []string{loose}})
	if cabin.CodeOf(err) != cabin.CodeInvalid || !strings.Contains(err.Error(), "第 1 张照片不能用") {
		t.Errorf("reported with a photo that is none: %v", err)
	}
	d.run(d.RemovePhotos)
	if left := d.files(); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// stuckWorker is a worker process that writes half a photo where the whole one belongs,
// says so, and does not go on.
func stuckWorker(told string) error {
	var at struct {
		DSN, Dir string
		Now      int64
	}
	if err := json.Unmarshal([]byte(told), &at); err != nil {
		return err
	}
	db, err := mysql.Open(at.DSN, mysql.Options{Now: dbtest.NewClock(time.UnixMilli(at.Now)).Now})
	if err != nil {
		return err
	}
	photos, err := media.Open(at.Dir)
	if err != nil {
		return err
	}
	photos.DevelopBy(func(_ context.Context, _ *os.File, folder *os.Root, _ []cabin.Area) (media.Photo, error) {
		id, err := filepath.Glob(filepath.Join(at.Dir, "incoming", "*"))
		if err != nil || len(id) != 1 {
			return media.Photo{}, fmt.Errorf("%v %v", id, err)
		}
		name := filepath.Base(id[0])
		place := filepath.Join(at.Dir, name[:2], name)
		half := mediatest.GPSJPEG()[:5000]
		err = errors.Join(os.MkdirAll(place, 0o750), os.WriteFile(filepath.Join(place, "full.jpg"), half, 0o600), folder.WriteFile("original.jpg", half, 0o600))
		fmt.Println("half", err)
		time.Sleep(time.Minute)
		return media.Photo{}, errors.New("nobody killed me")
	})
	_, err = (&Worker{DB: db, Photos: photos, Log: slog.Default()}).Develop(context.Background())
	return err
}

// A worker is killed in the middle of a photo: nobody sees the half, and when its lease is
// over another one makes the whole.
func TestWorkerKilledInTheMiddleOfAPhoto(t *testing.T) {
	d := newDarkroom(t)
	id := d.upload(mediatest.GPSJPEG())
	report := d.reportWith("r", id)
	var name string
	if err := d.x.QueryRow(`SELECT DATABASE()`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	told, err := json.Marshal(map[string]any{"DSN": dbtest.Server(t).DSN(name), "Dir": d.dir, "Now": d.clock.Now().UnixMilli()})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stderr = append(os.Environ(), workerEnv+"="+string(told)), os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if err := cmd.Process.Kill(); err != nil || line != "half <nil>\n" {
		t.Fatal(line, err)
	}
	_ = cmd.Wait()

	if n := d.run(d.Develop); n != 0 {
		t.Error("its lease was not respected")
	}
	if p := d.state(id); p.State != cabin.PhotoProcessing {
		t.Errorf("half a photo is %s", p.State)
	}
	for _, who := range []cabin.Actor{d.reporter, d.staff} {
		if p, err := d.DB.Photos.Visible(t.Context(), who, id); err != nil || p.State != cabin.PhotoProcessing {
			t.Errorf("half a photo is shown: %+v, %v", p, err)
		}
	}
	d.clock.Advance(mysql.PhotoLease)
	if n := d.run(d.Develop); n != 1 {
		t.Errorf("%d photos developed after the lease", n)
	}
	if p := d.state(id); p.State != cabin.PhotoReady {
		t.Errorf("%+v", p)
	}
	d.whole(id)
	d.work()
	d.work()
	if len(d.asked) != 1 {
		t.Errorf("WeChat was asked %d times about report %d", len(d.asked), report)
	}

	// What it left in scratch goes when nobody can be writing it any more.
	left, err := filepath.Glob(filepath.Join(d.dir, "scratch", "*"))
	if err != nil || len(left) != 1 {
		t.Fatalf("in scratch: %v, %v", left, err)
	}
	d.run(d.SweepPhotos)
	if _, err := os.Stat(left[0]); err != nil {
		t.Errorf("swept too early: %v", err)
	}
	hours := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(left[0], hours, hours); err != nil {
		t.Fatal(err)
	}
	d.run(d.SweepPhotos)
	if got := d.files(); len(got) != 3 {
		t.Errorf("files %v, want the photo's three", got)
	}
}

// The photo is taken back while a worker has it in hand: nothing of it stays.
func TestPhotoDeletedWhileItIsDeveloped(t *testing.T) {
	for name, left := range map[string]bool{"and the worker goes on": false, "and the worker dies before it knows": true} {
		t.Run(name, func(t *testing.T) {
			d := newDarkroom(t)
			id := d.upload(mediatest.GPSJPEG())
			work, err := d.DB.Photos.Claim(t.Context())
			if err != nil || work == nil || work.ID != id {
				t.Fatal(work, err)
			}
			if err := d.DB.Photos.Remove(t.Context(), d.reporter.PersonID, id); err != nil {
				t.Fatal(err)
			}
			made, err := d.Photos.Develop(t.Context(), id, 0) // it had begun before
			if err != nil {
				t.Fatal(err)
			}
			if !left {
				kept, err := d.DB.Photos.Developed(t.Context(), work, cabin.Photo{Width: made.Width})
				if kept || err != nil {
					t.Errorf("kept %v, %v", kept, err)
				}
			}
			d.run(d.RemovePhotos)
			if got := d.files(); len(got) != 0 {
				t.Errorf("left at once: %v", got)
			}
			// A worker that was slower than that writes until its lease is over.
			if _, err := d.Photos.Put(t.Context(), bytes.NewReader(mediatest.GPSJPEG())); err != nil {
				t.Fatal(err)
			}
			late := filepath.Join(d.dir, id[:2], id)
			if err := os.MkdirAll(late, 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(late, "thumb.jpg"), []byte("late"), 0o600); err != nil {
				t.Fatal(err)
			}
			d.clock.Advance(mysql.PhotoLease)
			d.run(d.RemovePhotos)
			if got := d.files(); len(got) != 3 {
				t.Errorf("files %v, want another photo's three", got)
			}
			var rows int
			if err := d.x.QueryRow(`SELECT (SELECT COUNT(*) FROM photos) + (SELECT COUNT(*) FROM photo_removals)`).Scan(&rows); err != nil || rows != 0 {
				t.Errorf("%d rows left, %v", rows, err)
			}
		})
	}
}

func TestAbandonedUploadsGo(t *testing.T) {
	d := newDarkroom(t)
	used, loose := d.upload(mediatest.GPSJPEG()), d.upload(mediatest.GPSJPEG())
	d.reportWith("r", used)
	d.run(d.Develop)
	waiting := d.upload(mediatest.GPSJPEG())
	d.clock.Advance(cabin.LooseLife)
	young := d.upload(mediatest.GPSJPEG())
	if d.run(d.SweepPhotos); len(d.files()) != 3+3+1+1 {
		t.Errorf("to the minute: %v", d.files())
	}
	d.clock.Advance(time.Second)
	if n := d.run(d.SweepPhotos); n != 2 {
		t.Errorf("%d abandoned, want 2", n)
	}
	d.run(d.RemovePhotos)
	d.whole(used)
	for _, id := range []string{loose, waiting} {
		if list, err := d.DB.Photos.Uploads(t.Context(), d.reporter.PersonID, []string{id}); len(list) != 0 || err != nil {
			t.Error(list, err)
		}
	}
	if got := d.files(); len(got) != 4 {
		t.Errorf("files %v, want the used one's three and the young one", got)
	}
	d.run(d.Develop)
	d.whole(young)
}

// An upload whose process died before it wrote its row, and what a worker that died had no
// time to delete, go after an hour; what waits for a worker stays.
func TestWhatNoRowWantsIsSwept(t *testing.T) {
	d := newDarkroom(t)
	orphan, err := d.Photos.Receive(t.Context(), bytes.NewReader(mediatest.GPSJPEG()), nil)
	if err != nil {
		t.Fatal(err)
	}
	done, waiting := d.upload(mediatest.GPSJPEG()), d.upload(mediatest.GPSJPEG())
	work, err := d.DB.Photos.Claim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if work.ID != done {
		done, waiting = waiting, done
	}
	if _, err := d.Photos.Develop(t.Context(), done, 0); err != nil {
		t.Fatal(err)
	}
	if kept, err := d.DB.Photos.Developed(t.Context(), work, cabin.Photo{Width: 1}); !kept || err != nil {
		t.Fatal(err)
	}
	sent := func(id string) string { return filepath.Join(d.dir, "incoming", id) }
	d.run(d.SweepPhotos)
	for _, id := range []string{orphan.ID, done, waiting} {
		if _, err := os.Stat(sent(id)); err != nil {
			t.Fatalf("swept at once: %v", err)
		}
		hours := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(sent(id), hours, hours); err != nil {
			t.Fatal(err)
		}
	}
	d.run(d.SweepPhotos)
	d.whole(done)
	if _, err := os.Stat(sent(orphan.ID)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the orphan: %v", err)
	}
	if _, err := os.Stat(sent(waiting)); err != nil {
		t.Errorf("the photo that waits: %v", err)
	}
}

// The moment's fault is waited out however long it lasts; the photo's own is given up.
func TestWhoseFaultItIs(t *testing.T) {
	for name, c := range map[string]struct {
		cause error
		tries int
		want  cabin.PhotoState
	}{
		"a full disk":         {cabin.E(cabin.CodeUnavailable, "照片暂时无法保存"), 3 * mysql.PhotoTries, cabin.PhotoProcessing},
		"a crash, not always": {errors.New("signal: killed"), mysql.PhotoTries - 1, cabin.PhotoProcessing},
		"a crash each time":   {errors.New("signal: killed"), mysql.PhotoTries, cabin.PhotoBad},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDarkroom(t)
			id := d.upload(mediatest.GPSJPEG())
			d.Photos.DevelopBy(func(context.Context, *os.File, *os.Root, []cabin.Area) (media.Photo, error) {
				return media.Photo{}, c.cause
			})
			for range c.tries {
				if n := d.run(d.Develop); n != 1 {
					t.Fatalf("tried %d times", n)
				}
				d.clock.Advance(10 * time.Minute)
			}
			if p := d.state(id); p.State != c.want || (p.Reason != "") != (c.want == cabin.PhotoBad) {
				t.Errorf("%+v", p)
			}
		})
	}
	// One that kills its worker outright is given up, too, by those after it.
	d := newDarkroom(t)
	id := d.upload(mediatest.GPSJPEG())
	for range mysql.PhotoTries {
		if work, err := d.DB.Photos.Claim(t.Context()); err != nil || work == nil {
			t.Fatal(work, err)
		}
		d.clock.Advance(mysql.PhotoLease)
	}
	d.Photos.DevelopBy(func(context.Context, *os.File, *os.Root, []cabin.Area) (media.Photo, error) {
		t.Error("tried once more")
		return media.Photo{}, nil
	})
	d.run(d.Develop)
	if p := d.state(id); p.State != cabin.PhotoBad {
		t.Errorf("%+v", p)
	}
}

// The row of a photo may be ahead of its file: for a moment, or for good when the power was
// cut in between.
func TestRowAheadOfItsFile(t *testing.T) {
	d := newDarkroom(t)
	file := mediatest.GPSJPEG()
	comes, lost := d.upload(file), d.upload(file)
	at := filepath.Join(d.dir, "incoming", comes)
	if err := os.Truncate(at, int64(len(file)-1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(d.dir, "incoming", lost)); err != nil {
		t.Fatal(err)
	}
	if n := d.run(d.Develop); n != 2 {
		t.Fatalf("looked at %d", n)
	}
	if err := os.WriteFile(at, file, 0o600); err != nil {
		t.Fatal(err)
	}
	d.clock.Advance(2 * time.Second) // nobody waits longer for the one that is there
	if n := d.run(d.Develop); n != 2 {
		t.Fatalf("looked at %d", n)
	}
	if p := d.state(comes); p.State != cabin.PhotoReady {
		t.Errorf("%+v", p)
	}
	d.whole(comes)
	if p := d.state(lost); p.State != cabin.PhotoProcessing {
		t.Errorf("given up after two seconds: %+v", p)
	}
	d.clock.Advance(time.Minute)
	d.run(d.Develop)
	if p := d.state(lost); p.State != cabin.PhotoBad || p.Reason != photoLost {
		t.Errorf("%+v", p)
	}
}

func TestTwoWorkersDevelopEachPhotoOnce(t *testing.T) {
	d := newDarkroom(t)
	var made atomic.Int32
	d.Photos.DevelopBy(func(_ context.Context, _ *os.File, folder *os.Root, _ []cabin.Area) (media.Photo, error) {
		made.Add(1)
		for _, size := range media.Sizes {
			if err := folder.WriteFile(string(size)+".jpg", []byte("x"), 0o600); err != nil {
				return media.Photo{}, err
			}
		}
		return media.Photo{Width: 1, Height: 1}, nil
	})
	const n = 20
	for range n {
		d.upload(mediatest.JPEG(mediatest.Picture(8, 8)))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { d.run(d.Develop) })
	}
	wg.Wait()
	var ready int
	if err := d.x.QueryRow(`SELECT COUNT(*) FROM photos WHERE state = 'ready' AND due_at IS NULL`).Scan(&ready); err != nil || ready != n || made.Load() != n {
		t.Errorf("%d ready, developed %d times, want %d: %v", ready, made.Load(), n, err)
	}
}
