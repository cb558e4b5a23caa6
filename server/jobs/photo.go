package jobs

import (
	"context"
	"errors"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
)

const (
	photosAtOnce  = 2 // that one process works on
	photoSweep    = 10 * time.Minute
	photoForgot   = time.Hour // what was sent and nobody counts by then is nobody's
	photoRemovals = 50
	photoTimeLeft = 20 * time.Second // to record what became of one
)

// photoSettles are the pauses after which an upload's row and its file are both there: mostly
// the first, after the second never.
var photoSettles = [...]time.Duration{2 * time.Second, time.Minute}

const (
	photoLost   = "照片没有保存下来，请删掉后重新添加。"
	photoBroken = "这张照片我们处理不了，请换一张，或者再拍一张。"
)

// developing runs the photo jobs until ctx ends.
func (w *Worker) developing(ctx context.Context, start func(func())) {
	for range photosAtOnce {
		start(func() { w.loop(ctx, "photo", w.Interval, w.Develop) })
	}
	start(func() { w.loop(ctx, "photo removal", w.Interval, w.RemovePhotos) })
	start(func() { w.loop(ctx, "photo sweep", photoSweep, w.SweepPhotos) })
}

// Develop makes one uploaded photo ready, or finds out that it never will be, or covers one;
// it returns how many it handled. Started by every worker; twice is safe: a photo is claimed once, and
// one whose worker died is made anew, in whole, when its lease is over.
func (w *Worker) Develop(ctx context.Context) (int, error) {
	work, err := w.DB.Photos.Claim(ctx)
	if err != nil || work == nil {
		return 0, err
	}
	if work.State == cabin.PhotoReady {
		return 1, w.cover(ctx, work)
	}
	var made media.Photo
	if work.Attempts <= mysql.PhotoTries {
		made, err = w.Photos.Develop(ctx, work.ID, int64(work.Bytes))
	} else { // it broke all the others
		err = cabin.E(cabin.CodeInvalid, photoBroken)
	}
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), photoTimeLeft)
	defer cancel()
	if err != nil {
		return 1, w.undeveloped(recording, work, err)
	}
	kept, err := w.DB.Photos.Developed(recording, work, cabin.Photo{Width: made.Width, Height: made.Height, Bytes: int(made.Bytes)})
	if err != nil || !kept {
		return 1, err
	}
	if err := w.Photos.Developed(recording, work.ID); err != nil {
		w.Log.Warn("what was sent is still there; it is swept", "photo", work.ID, "cause", err.Error())
	}
	return 1, nil
}

// cover makes the files that show a photo covered. Until there are some nobody sees it, so
// it is tried for ever.
func (w *Worker) cover(ctx context.Context, work *mysql.PhotoWork) error {
	areas, err := work.Areas()
	if err == nil {
		_, err = w.Photos.Cover(ctx, work.ID, work.CoverID, areas)
	}
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), photoTimeLeft)
	defer cancel()
	if err != nil {
		w.Log.Error("photo not covered", "photo", work.ID, "attempt", work.Attempts, "cause", err.Error())
		return w.DB.Photos.Again(recording, work, w.DB.Now().Add(backoff(work.Attempts)), false)
	}
	_, err = w.DB.Photos.Covered(recording, work)
	return err
}

// undeveloped records why a photo is not ready: its own fault for good, or the moment's.
func (w *Worker) undeveloped(ctx context.Context, work *mysql.PhotoWork, cause error) error {
	code := cabin.CodeOf(cause)
	reason := photoBroken
	switch code {
	case cabin.CodeInvalid, cabin.CodeUnsupported, cabin.CodeTooLarge:
		if e, ok := errors.AsType[*cabin.Error](cause); ok {
			reason = e.Message
		}
	case cabin.CodeNotFound:
		if work.Attempts <= len(photoSettles) { // its row may be ahead of its file
			return w.DB.Photos.Again(ctx, work, w.DB.Now().Add(photoSettles[work.Attempts-1]), false)
		}
		reason = photoLost
	default:
		harmless := code == cabin.CodeUnavailable
		w.Log.Warn("photo not developed", "photo", work.ID, "attempt", work.Attempts, "cause", cause.Error())
		if harmless || work.Attempts < mysql.PhotoTries {
			return w.DB.Photos.Again(ctx, work, w.DB.Now().Add(backoff(work.Attempts)), harmless)
		}
	}
	return w.DB.Photos.Spoiled(ctx, work, reason)
}

// RemovePhotos deletes the files of forgotten photos. What cannot be deleted comes back with
// its lease, and keeps no other waiting. Started by every worker; twice is safe: what is gone
// is gone.
func (w *Worker) RemovePhotos(ctx context.Context) (int, error) {
	due, err := w.DB.Photos.Removals(ctx, photoRemovals)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, r := range due {
		err := w.Photos.Remove(ctx, r.ID)
		if err == nil {
			err = w.DB.Photos.Removed(ctx, r)
		}
		failed = append(failed, err)
	}
	return len(due), errors.Join(failed...)
}

// SweepPhotos forgets uploads that nobody ever used, and deletes what was sent and no row
// wants: its upload, or the worker that made it ready, ended in between. Started by every
// worker; twice is safe.
func (w *Worker) SweepPhotos(ctx context.Context) (int, error) {
	n, err := w.DB.Photos.Abandon(ctx, batch)
	if err != nil || n > 0 {
		return n, err
	}
	ids, err := w.Photos.Waiting(ctx, photoForgot)
	if err != nil {
		return 0, err
	}
	wanted, err := w.DB.Photos.Unfinished(ctx, ids)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, id := range ids {
		if !wanted[id] {
			failed = append(failed, w.Photos.Developed(ctx, id))
		}
	}
	return 0, errors.Join(failed...)
}
