package api

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/semaphore"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
)

// uploadTime is how long a slow phone may take for one photo.
const uploadTime = 2 * time.Minute

// uploadIn reads its body as it comes: what is too long for memory is for the disk.
type uploadIn struct{ hc huma.Context }

// Resolve is huma.Resolver: it keeps the request for the handler.
func (in *uploadIn) Resolve(hc huma.Context) []error {
	in.hc = hc
	return nil
}

// uploadBody describes what the handler reads.
func uploadBody() *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file"},
		Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary", Description: "JPEG, PNG or WebP, 10 MB at most"}},
	}}}}
}

// upload takes a photo in for its owner, until it is attached to a report. It is looked at
// and safely kept when the answer comes; a worker develops it.
func (s *Server) upload(ctx context.Context, in *uploadIn) (*body[Photo], error) {
	_ = in.hc.SetReadDeadline(time.Now().Add(uploadTime)) // where there is none, the server's own holds
	p := cabin.Photo{OwnerID: me(ctx), State: cabin.PhotoProcessing}
	asked := false
	err := s.receive(ctx, in, func(kept media.Photo) error {
		p.ID, p.Width, p.Height, p.Bytes = kept.ID, kept.Width, kept.Height, int(kept.Bytes)
		asked = true
		return s.DB.Photos.Add(ctx, p)
	})
	if err != nil {
		if asked { // where this fails, too, a worker finds that there is no photo
			_ = s.DB.Photos.Remove(context.WithoutCancel(ctx), p.OwnerID, p.ID)
		}
		return nil, err
	}
	return reply(photoShape(&p)), nil
}

// receive has the photo in a form kept and noted. A form that is short, as those of phones
// are, which make photos smaller, is read whole first; others are streamed.
func (s *Server) receive(ctx context.Context, in *uploadIn, note func(media.Photo) error) error {
	kind, form := in.hc.Header("Content-Type"), io.Reader(http.MaxBytesReader(nil, io.NopCloser(in.hc.BodyReader()), maxUpload))
	if shortForms.TryAcquire(1) {
		defer shortForms.Release(1)
		buffer := shortBuffers.Get().(*[]byte)
		defer shortBuffers.Put(buffer)
		head, all := fill(*buffer, form)
		if all {
			if file, plain := onlyPart(kind, head); plain {
				_, err := s.Photos.ReceiveWhole(ctx, file, note)
				return err
			}
		}
		form = io.MultiReader(bytes.NewReader(head), form)
	}
	// Read in large pieces: the form's reader alone would ask the connection for 4 KB at a time.
	buffer := longBuffers.Get().(*bufio.Reader)
	defer longBuffers.Put(buffer)
	buffer.Reset(form)
	file, err := photoPart(kind, buffer)
	if err == nil {
		_, err = s.Photos.Receive(ctx, file, note)
	}
	return err
}

// Buffers of uploads: as many short forms are in memory at once as shortForms lets in.
var (
	shortForms   = semaphore.NewWeighted(64)
	shortBuffers = sync.Pool{New: func() any { b := make([]byte, 320<<10); return &b }}
	longBuffers  = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}
)

// fill reads until the buffer is full, or there is no more; all when that was the end.
func fill(buffer []byte, r io.Reader) (head []byte, all bool) {
	n := 0
	for n < len(buffer) {
		k, err := r.Read(buffer[n:])
		if n += k; err != nil {
			return buffer[:n], err == io.EOF // another error is met again by who reads on
		}
	}
	return buffer, false
}

// onlyPart finds the file in a form of the plain kind that phones send: it is the first
// part, as it is, and ends where it should. multipart's reader, which knows all kinds, asks of
// each 4 KB whether the part ends in them, and that costs more than all else that we do with
// a photo. plain is false for whatever it should see.
func onlyPart(contentType string, form []byte) (file []byte, plain bool) {
	kind, params, err := mime.ParseMediaType(contentType)
	boundary := "--" + params["boundary"]
	if err != nil || kind != "multipart/form-data" || boundary == "--" {
		return nil, false
	}
	rest, begins := bytes.CutPrefix(form, []byte(boundary+"\r\n"))
	end := bytes.Index(rest, []byte("\r\n\r\n"))
	if !begins || end < 0 {
		return nil, false
	}
	header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(rest[:end+4]))).ReadMIMEHeader()
	if err != nil || header.Get("Content-Transfer-Encoding") != "" {
		return nil, false
	}
	kind, params, err = mime.ParseMediaType(header.Get("Content-Disposition"))
	if err != nil || kind != "form-data" || params["name"] != "file" || params["filename"] == "" {
		return nil, false
	}
	file, tail, ends := bytes.Cut(rest[end+4:], []byte("\r\n"+boundary))
	return file, ends && (bytes.HasPrefix(tail, []byte("--")) || bytes.HasPrefix(tail, []byte("\r\n")))
}

// photoPart finds the file in a form (CodeInvalid, CodeUnsupported).
func photoPart(contentType string, body io.Reader) (*multipart.Part, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return nil, cabin.E(cabin.CodeUnsupported, "照片要用表单上传。", err)
	}
	incomplete := cabin.Invalid("file", "没有收到照片，请重新选择。")
	if params["boundary"] == "" {
		return nil, incomplete
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			incomplete.Err = err
			return nil, incomplete
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return part, nil
		}
	}
}
