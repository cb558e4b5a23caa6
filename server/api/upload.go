package api

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
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
	file, err := photoPart(in.hc)
	if err != nil {
		return nil, err
	}
	kept, err := s.Photos.Receive(ctx, file)
	if err != nil {
		return nil, err
	}
	p := cabin.Photo{ID: kept.ID, OwnerID: me(ctx), State: cabin.PhotoProcessing, Width: kept.Width, Height: kept.Height, Bytes: int(kept.Bytes)}
	if err := s.DB.Photos.Add(ctx, p); err != nil {
		// A file without a row is seen by nobody; where this fails, too, it is swept.
		_ = s.Photos.Remove(context.WithoutCancel(ctx), kept.ID)
		return nil, err
	}
	return reply(photoShape(&p)), nil
}

// photoPart finds the file in a form (CodeInvalid, CodeUnsupported).
func photoPart(hc huma.Context) (*multipart.Part, error) {
	kind, params, err := mime.ParseMediaType(hc.Header("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, cabin.E(cabin.CodeUnsupported, "照片要用表单上传。", err)
	}
	incomplete := cabin.Invalid("file", "没有收到照片，请重新选择。")
	if params["boundary"] == "" {
		return nil, incomplete
	}
	parts := multipart.NewReader(http.MaxBytesReader(nil, io.NopCloser(hc.BodyReader()), maxUpload), params["boundary"])
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
