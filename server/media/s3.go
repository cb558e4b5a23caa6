package media

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Bucket is a place in an S3 object store: Amazon's, MinIO, or what the clouds here call
// OSS, COS or OBS.
type Bucket struct {
	Endpoint  string // https://host[:port]
	Region    string
	Name      string
	Prefix    string // of all names, "" or "photos/"
	AccessKey string
	SecretKey string
	PathStyle bool // https://host/bucket/… instead of https://bucket.host/…
}

// OpenBucket opens a store that keeps its photos in a bucket; dir is for scratch files on
// this machine. It connects to nothing yet: see Reach.
func OpenBucket(dir string, b Bucket) (*Store, error) {
	at, err := url.Parse(b.Endpoint)
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupDNS
	if b.PathStyle {
		lookup = minio.BucketLookupPath
	}
	transport, err := minio.DefaultTransport(at.Scheme == "https")
	if err != nil {
		return nil, err
	}
	client, err := minio.New(at.Host, &minio.Options{
		Transport: transport,
		Creds:     credentials.NewStaticV4(b.AccessKey, b.SecretKey, ""), Secure: at.Scheme == "https",
		Region: b.Region, BucketLookup: lookup, MaxRetries: 3,
	})
	if err != nil {
		return nil, err
	}
	s, err := openScratch(dir)
	if err != nil {
		return nil, err
	}
	s.shelf = bucket{client, transport, b.Name, b.Prefix}
	return s, nil
}

// Reach tells whether the shelf can be reached, and why not.
func (s *Store) Reach(ctx context.Context) error {
	b, ok := s.shelf.(bucket)
	if !ok {
		return nil // the folder was opened
	}
	found, err := b.client.BucketExists(ctx, b.name)
	if err == nil && !found {
		err = fmt.Errorf("media: no bucket %s", b.name)
	}
	return err
}

// bucket is a shelf in an object store, where a name always has the whole of a file.
type bucket struct {
	client    *minio.Client
	transport *http.Transport
	name      string
	prefix    string
}

const bucketTime = time.Minute // for one photo

func (b bucket) close() error {
	b.transport.CloseIdleConnections()
	return nil
}

func (b bucket) draft(string) string { return path.Join(scratch, NewID()) }

func (b bucket) keep(ctx context.Context, scratch *os.Root, from, name string) error {
	ctx, cancel := context.WithTimeout(ctx, bucketTime)
	defer cancel()
	file, err := scratch.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	kind := ContentType
	if path.Dir(name) == incoming {
		kind = "application/octet-stream" // nobody shows what was sent
	}
	_, err = b.client.PutObject(ctx, b.name, b.prefix+name, file, info.Size(), minio.PutObjectOptions{ContentType: kind, DisableMultipart: true})
	if err != nil {
		return err
	}
	return scratch.Remove(from)
}

func (b bucket) open(ctx context.Context, name string) (io.ReadSeekCloser, time.Time, error) {
	o, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, time.Time{}, missing(err)
	}
	info, err := o.Stat()
	if err != nil {
		_ = o.Close()
		return nil, time.Time{}, missing(err)
	}
	return o, info.LastModified, nil
}

// missing makes what the store says of an object that is not there fs.ErrNotExist.
func missing(err error) error {
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}

func (b bucket) remove(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}); err != nil && missing(err) == err {
			return err
		}
	}
	return nil
}

func (b bucket) list(ctx context.Context, folder string, each func(string, time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the listing ends with us
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix + folder + "/"}) {
		if o.Err != nil {
			return o.Err
		}
		if err := each(strings.TrimPrefix(o.Key, b.prefix+folder+"/"), o.LastModified); err != nil {
			return err
		}
	}
	return nil
}
