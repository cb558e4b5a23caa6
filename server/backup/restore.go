package backup

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
)

var photoID = regexp.MustCompile(`[0-9a-f]{32}`)

// Backup is a backup's folder, whole.
type Backup struct {
	Manifest Manifest
	root     *os.Root
}

// damaged says that a backup is not what was written. Another one has to do.
func damaged(what string, args ...any) error {
	return cabin.E(cabin.CodeInvalid, "备份不完整或被改动过："+fmt.Sprintf(what, args...)+"。没有恢复任何数据，请换一份备份。")
}

// Open reads a backup and holds every file of it against the manifest: CodeInvalid when one is
// missing or is not what was written, CodeConflict for what only a newer program can read.
func Open(ctx context.Context, dir string) (_ *Backup, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, cabin.E(cabin.CodeNotFound, "打不开备份的文件夹 "+dir+"。要填某一份备份，如 /backup/warmcabin-20260102-030000。", err)
	}
	b := &Backup{root: root}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	if err := b.readManifest(); err != nil {
		return nil, err
	}
	newest, err := mysql.NewestSchema()
	if err != nil {
		return nil, err
	}
	if b.Manifest.Format > format || b.Manifest.Schema > newest {
		return nil, cabin.E(cabin.CodeConflict, fmt.Sprintf("这份备份来自更新的程序（数据库第 %d 版，本程序只到第 %d 版）。请先把程序升级到备份时的版本或更新，再恢复。", b.Manifest.Schema, newest))
	}
	for _, f := range b.Manifest.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := b.check(f); err != nil {
			return nil, err
		}
	}
	return b, b.listed()
}

// Close lets the folder go.
func (b *Backup) Close() { _ = b.root.Close() }

func (b *Backup) readManifest() error {
	text, err := b.root.ReadFile(manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return cabin.E(cabin.CodeNotFound, "这个文件夹里没有 "+manifestFile+"，不是一份备份。要填某一份备份，如 /backup/warmcabin-20260102-030000。", err)
	}
	if err != nil {
		return err
	}
	sum, err := b.root.ReadFile(manifestHash)
	if err != nil {
		return damaged("缺少 %s", manifestHash)
	}
	if string(sum) != fmt.Sprintf("%x  %s\n", sha256.Sum256(text), manifestFile) {
		return damaged("%s 和它的校验值对不上", manifestFile)
	}
	if err := json.Unmarshal(text, &b.Manifest); err != nil {
		return damaged("%s 读不懂", manifestFile)
	}
	return nil
}

func (b *Backup) check(f File) error {
	in, err := b.root.Open(filepath.FromSlash(f.Path))
	if errors.Is(err, fs.ErrNotExist) {
		return damaged("缺少 %s", f.Path)
	}
	if err != nil {
		return err
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, in)
	if err != nil {
		return err
	}
	if n != f.Bytes || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return damaged("%s 和它的校验值对不上", f.Path)
	}
	return nil
}

// listed fails when the manifest counts tables or photos whose files it does not list.
func (b *Backup) listed() error {
	photos, files := map[string]bool{}, map[string]bool{}
	for _, f := range b.Manifest.Files {
		files[f.Path] = true
		if name, ok := strings.CutPrefix(f.Path, photoFolder); ok {
			photos[photoID.FindString(name)] = true
		}
	}
	for _, t := range b.Manifest.Tables {
		if !files[tableFile(t.Name)] {
			return damaged("缺少 %s", tableFile(t.Name))
		}
	}
	for _, id := range b.Manifest.Missing {
		delete(photos, id) // of some that are missing a part was there
	}
	if len(photos) != b.Manifest.Photos {
		return damaged("应有 %d 张照片，有 %d 张", b.Manifest.Photos, len(photos))
	}
	return nil
}

// Restore fills the DSN's empty database and the photos' folder, and brings the schema to this
// program's. A database with data in it is refused (CodeConflict) before anything is written,
// and so is a photo of the same name with other content. A restore that was interrupted is
// run again from the start.
func (b *Backup) Restore(ctx context.Context, dsn string, photos *media.Store) error {
	if err := mysql.Empty(ctx, dsn); err != nil {
		return err
	}
	if err := b.photos(ctx, photos); err != nil {
		return err
	}
	r, err := mysql.BeginRestore(ctx, dsn, b.Manifest.Schema)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, t := range b.Manifest.Tables {
		if err := b.table(ctx, r, t); err != nil {
			return err
		}
	}
	return r.Finish(ctx)
}

func (b *Backup) table(ctx context.Context, r *mysql.Restoring, t Table) error {
	in, err := b.root.Open(filepath.FromSlash(tableFile(t.Name)))
	if err != nil {
		return err
	}
	defer in.Close()
	dump, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	return r.Load(ctx, t.Name, t.NextID, t.Rows, dump)
}

func (b *Backup) photos(ctx context.Context, store *media.Store) error {
	for _, f := range b.Manifest.Files {
		name, ok := strings.CutPrefix(f.Path, photoFolder)
		if !ok {
			continue
		}
		if err := b.photo(ctx, store, name); err != nil {
			return err
		}
	}
	return nil
}

func (b *Backup) photo(ctx context.Context, store *media.Store, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in, err := b.root.Open(filepath.FromSlash(photoFolder + name))
	if err != nil {
		return err
	}
	defer in.Close()
	err = store.Adopt(ctx, name, in)
	if cabin.CodeOf(err) == cabin.CodeConflict {
		return cabin.E(cabin.CodeConflict, "照片文件夹里已经有同名而不同的照片 "+name+"。恢复不会覆盖任何文件：请把 media.dir 指向一个空的文件夹再恢复。")
	}
	return err
}
