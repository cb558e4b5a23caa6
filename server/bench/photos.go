package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Photos: what issue 4 asks of uploads, and of twelve-megapixel photos while others read.

const (
	mostPhotos   = 40_000
	uploaders    = 8_000 // nobody comes near a limit of uploads
	photoBytes   = 210 << 10
	photosAtOnce = 8
)

// noisy is a JPEG of w × h pixels that is as large as such photos are: seen from afar a
// street, from near the noise of a small sensor.
func noisy(w, h, quality int, noise float64) ([]byte, error) {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	r := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			m.Y[y*m.YStride+x] = byte(min(255, max(0, 60+float64(x*120/w)+float64((x/97+y/61)%5*14)+r.NormFloat64()*noise)))
		}
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = byte(118+i%7), byte(128+i/m.CStride%5)
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, m, &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

// ofSize is a photo of this many bytes: what is missing stands in a comment.
func ofSize(photo []byte, size int) ([]byte, error) {
	missing := size - len(photo)
	if missing < 4 || missing > 1<<16 {
		return nil, fmt.Errorf("a photo of %d bytes cannot become one of %d", len(photo), size)
	}
	comment := append([]byte{0xff, 0xfe, byte((missing - 2) >> 8), byte(missing - 2)}, bytes.Repeat([]byte{'x'}, missing-4)...)
	return slices.Concat(photo[:2], comment, photo[2:]), nil
}

const boundary = "benchboundary7MA4YWxkTrZu0gW"

// form renders an upload as a phone sends it; token may be "".
func form(path, token string, photo []byte) []byte {
	head := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"IMG_0001.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
	tail := "\r\n--" + boundary + "--\r\n"
	b := make([]byte, 0, 512+len(photo))
	b = fmt.Appendf(b, "POST %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nContent-Type: multipart/form-data; boundary=%s\r\n", path, host, boundary)
	b = authorized(b, token)
	b = fmt.Appendf(b, "Content-Length: %d\r\n\r\n", len(head)+len(photo)+len(tail))
	return append(append(append(b, head...), photo...), tail...)
}

// floorPhoto is the least that keeps an upload: read the form, write a file that a power
// cut does not lose, give it its name.
func floorPhoto(r *http.Request, dir string) (any, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	part, err := parts.NextPart()
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, "upload-*")
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(file, part)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), file.Name()+".jpg")
	}
	return map[string]any{"name": filepath.Base(file.Name()), "bytes": n}, err
}

// photoUpload sends photos of 210 KB, against the floor. Ours looks at each and has a row
// for it, and its worker develops what has come meanwhile; what it has not got to is
// forgotten after each round, so that the floor has the machine for itself.
func photoUpload(ctx context.Context, s *stage) ([]result, error) {
	photo, err := noisy(1600, 1200, 60, 6)
	if err == nil {
		photo, err = ofSize(photo, photoBytes)
	}
	if err != nil {
		return nil, err
	}
	_, tokens, err := s.addResidents(ctx, uploaders)
	if err != nil {
		return nil, err
	}
	nextOurs := used(mostPhotos)
	ours := &side{name: "我们", process: s.server, want: http.StatusCreated, next: func() []byte {
		i, ok := nextOurs()
		if !ok {
			return nil
		}
		return form("/api/v1/photos", tokens[i%uploaders], photo)
	}}
	floor := &side{name: "底线", process: s.floor, want: http.StatusCreated, next: func() []byte { return form("/floor/photo", "", photo) }}
	s.server.forgetPeak()
	developed := 0
	p := plan{warm: time.Second, rounds: 5, each: 1500 * time.Millisecond, settle: func(ctx context.Context) error {
		n, err := s.forgetPhotos(ctx)
		developed += n
		return err
	}}
	as, bs, err := s.lab.against(ctx, "photo_upload", p, photosAtOnce, ours, floor)
	if err != nil {
		return nil, err
	}
	n, err := s.forgetPhotos(ctx)
	s.lab.note("  photo_upload：其间处理好 %d 张照片", developed+n)
	return []result{compared("photo_upload", photosAtOnce, median(as), median(bs), ours.odd, s.notePeak(), atLeast(0.80))}, err
}

// forgetPhotos ends the work on uploads and returns how many were developed.
func (s *stage) forgetPhotos(ctx context.Context) (developed int, err error) {
	if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM photos WHERE state = 'ready'`).Scan(&developed); err != nil {
		return 0, err
	}
	if err := s.exec(ctx, `DELETE FROM photos`); err != nil {
		return 0, err
	}
	for limit := time.Now().Add(10 * time.Second); len(s.server.children()) > 0; { // in hand
		if time.Now().After(limit) {
			return 0, errors.New("处理照片的进程没有结束")
		}
		time.Sleep(10 * time.Millisecond)
	}
	return developed, s.settle(ctx)
}

// What people do meanwhile: some phones that each ask for a list now and then.
const (
	onlookers  = 4
	readPause  = 20 * time.Millisecond
	readsLeast = 4 * time.Second
)

// photoMemory sends eight twelve-megapixel photos at once and waits until all are ready:
// the most memory that the server had with all that it started, and how much longer lists
// took meanwhile.
func photoMemory(ctx context.Context, s *stage) ([]result, error) {
	photo, err := noisy(4000, 3000, 88, 5)
	if err != nil {
		return nil, err
	}
	residents, err := s.listedReports(ctx)
	if err != nil {
		return nil, err
	}
	_, tokens, err := s.addResidents(ctx, photosAtOnce)
	if err != nil {
		return nil, err
	}
	if _, err := s.forgetPhotos(ctx); err != nil {
		return nil, err
	}
	if _, err := s.readLists(ctx, residents, func() error { return pause(ctx, time.Second) }); err != nil { // warm
		return nil, err
	}
	idle, err := s.readLists(ctx, residents, func() error { return pause(ctx, 2*readsLeast) })
	if err != nil {
		return nil, err
	}
	var most float64
	var took time.Duration
	busy, err := s.readLists(ctx, residents, func() (err error) {
		most, took, err = s.developAll(ctx, tokens, photo)
		return err
	})
	if err != nil {
		return nil, err
	}
	ratio := float64(percentile(busy, 99)) / float64(max(1, percentile(idle, 99)))
	s.lab.note("  photo_memory：8 张 %.1f MB 的照片 %.1f 秒全部处理好；列表 p50/p99 平时 %.1f/%.1f 毫秒，其间 %.1f/%.1f 毫秒（%d 次）", float64(len(photo))/(1<<20), took.Seconds(),
		ms(percentile(idle, 50)), ms(percentile(idle, 99)), ms(percentile(busy, 50)), ms(percentile(busy, 99)), len(busy))
	return []result{valued("photo_memory_mb", most, atMost(300)), valued("photo_lists_p99", ratio, atMost(3))}, nil
}

// readLists asks for lists until meanwhile ends, and returns how long each took, sorted.
func (s *stage) readLists(ctx context.Context, tokens []string, meanwhile func() error) ([]time.Duration, error) {
	ending := make(chan struct{})
	waits, failed := make([][]time.Duration, onlookers), make([]error, onlookers)
	var reading sync.WaitGroup
	for i := range onlookers {
		reading.Go(func() {
			c := newCall(s.server.addr)
			defer c.close()
			for n := i; ; n += onlookers {
				select {
				case <-ending:
					return
				case <-time.After(readPause):
				}
				begun := time.Now()
				status, body, err := c.do(get("/api/v1/me/reports?limit=20", tokens[n%len(tokens)]))
				if err == nil && status != http.StatusOK {
					err = errors.New(said(status, body))
				}
				if err != nil {
					failed[i] = err
					return
				}
				waits[i] = append(waits[i], time.Since(begun))
			}
		})
	}
	err := meanwhile()
	close(ending)
	reading.Wait()
	all := slices.Concat(waits...)
	slices.Sort(all)
	return all, errors.Join(append(failed, err)...)
}

// developAll uploads the photo for each of these people at once and waits until all are
// ready; most is the memory that the server and what it started took together.
func (s *stage) developAll(ctx context.Context, tokens []string, photo []byte) (most float64, took time.Duration, err error) {
	begun := time.Now()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	peak := make(chan float64)
	go func() { peak <- s.server.watchMemory(watching) }()
	sent := make([]error, len(tokens))
	var sending sync.WaitGroup
	for i, token := range tokens {
		sending.Go(func() {
			c := newCall(s.server.addr)
			defer c.close()
			status, body, err := c.do(form("/api/v1/photos", token, photo))
			if err == nil && status != http.StatusCreated {
				err = errors.New(said(status, body))
			}
			sent[i] = err
		})
	}
	sending.Wait()
	err = errors.Join(sent...)
	for ready := 0; err == nil && ready < len(tokens); err = errors.Join(err, pause(ctx, 50*time.Millisecond)) {
		if time.Since(begun) > 2*time.Minute {
			err = errors.New("照片两分钟没有处理完")
			break
		}
		err = s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM photos WHERE state = 'ready'`).Scan(&ready)
	}
	took = time.Since(begun)
	if rest := readsLeast - took; err == nil && rest > 0 { // too few reads say nothing
		err = pause(ctx, rest)
	}
	stop()
	return <-peak, took, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// watchMemory returns the most that the process and its children took together until ctx
// ends, in MB.
func (c *child) watchMemory(ctx context.Context) (most float64) {
	for ctx.Err() == nil {
		now := memoryMB(c.pid)
		for _, pid := range c.children() {
			now += memoryMB(pid)
		}
		most = max(most, now)
		_ = pause(ctx, 5*time.Millisecond)
	}
	return most
}

// memoryMB is what a process has in memory now, 0 when it is gone.
func memoryMB(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb / 1024
		}
	}
	return 0
}

// children are the processes that a process started and that still run.
func (c *child) children() (pids []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", c.pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for _, field := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
