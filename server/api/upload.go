package api

import (
	"bufio"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

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
	// Read in large pieces: the form's reader alone would ask the connection for 4 KB at a time.
	buffer := uploadBuffers.Get().(*bufio.Reader)
	defer uploadBuffers.Put(buffer)
	buffer.Reset(http.MaxBytesReader(nil, io.NopCloser(in.hc.BodyReader()), maxUpload))
	file, err := photoPart(in.hc.Header("Content-Type"), buffer)
	if err != nil {
		return nil, err
	}
	p := cabin.Photo{OwnerID: me(ctx), State: cabin.PhotoProcessing}
	noted := false
	_, err = s.Photos.Receive(ctx, file, func(kept media.Photo) error {
		p.ID, p.Width, p.Height, p.Bytes = kept.ID, kept.Width, kept.Height, int(kept.Bytes)
		err := s.DB.Photos.Add(ctx, p)
		noted = err == nil
		return err
	})
	if err != nil {
		if noted { // where this fails, too, a worker finds that there is no photo
			_ = s.DB.Photos.Remove(context.WithoutCancel(ctx), p.OwnerID, p.ID)
		}
		return nil, err
	}
	return reply(photoShape(&p)), nil
}

var uploadBuffers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}

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
