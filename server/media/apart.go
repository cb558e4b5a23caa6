package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"warmcabin/server/cabin"
)

// Apart is a Developer that works in a process of its own for each photo: this program,
// run with these arguments and one more, the areas to cover, which calls Answer with it. It
// has only what is left of the processors, so that whoever waits for an answer of ours goes
// first; its memory is gone with it; and a file that breaks a decoder breaks a process that
// has neither settings nor keys. It ends with ctx, and with us. When one was not done in
// its time, on a machine that has nothing left, the next has the lowest priority, which is
// a little of the processors.
//
// Errors beside a Developer's: one without a code when the process ended without an
// answer, which may be the photo's fault.
func Apart(program string, args ...string) Developer {
	var starved atomic.Bool
	return func(ctx context.Context, file *os.File, folder *os.Root, covered []cabin.Area) (Photo, error) {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return Photo{}, unreadable(err)
		}
		cmd := exec.CommandContext(ctx, program, append(slices.Clone(args), cabin.CoverText(covered))...)
		cmd.Stdin, cmd.Dir, cmd.WaitDelay = file, folder.Name(), 5*time.Second
		// One thread of work, and little garbage beside the pictures.
		cmd.Env = []string{"GOMAXPROCS=1", "GOGC=50", "GOTRACEBACK=none"}
		var out, complaint bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &complaint
		err := runLow(cmd, !starved.Load())
		starved.Store(errors.Is(ctx.Err(), context.DeadlineExceeded))
		if ctx.Err() != nil {
			return Photo{}, cabin.E(cabin.CodeUnavailable, "照片没有处理完，请重新上传", ctx.Err())
		}
		var a answer
		if err == nil {
			err = json.Unmarshal(out.Bytes(), &a)
		}
		if err != nil {
			return Photo{}, fmt.Errorf("media: developing apart: %w: %.300s", err, complaint.Bytes())
		}
		if a.Code != "" {
			return Photo{}, cabin.E(a.Code, a.Message, errors.New(a.Cause))
		}
		return a.Photo, nil
	}
}

// answer is what the process says: a photo, or why there is none.
type answer struct {
	Photo   Photo
	Code    cabin.Code
	Message string
	Cause   string
}

// Answer is the other side of Apart: it develops the photo on in into the working
// directory and says on out what became of it. An error means that nobody was told.
func Answer(in *os.File, cover string, out io.Writer) error {
	covered, err := (&cabin.Photo{Cover: cover}).Areas()
	if err != nil {
		return err
	}
	folder, err := os.OpenRoot(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	s := &Store{formats: formats, room: semaphore.NewWeighted(memory)}
	var a answer
	a.Photo, err = s.developHere(context.Background(), in, folder, covered)
	if err != nil {
		a.Code, a.Message, a.Cause = cabin.CodeOf(err), "照片暂时处理不了，请稍后再试", err.Error()
		if e, ok := errors.AsType[*cabin.Error](err); ok {
			a.Message = e.Message
		}
	}
	return json.NewEncoder(out).Encode(a)
}
