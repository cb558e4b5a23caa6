package jobs

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
)

// guide is the text that lies in an archive beside the data.
const guide = `这是您在温馨小屋的个人数据。

data.json  您的姓名、电话，反映过的事和经过、谁查看过您的电话，预约、候补、消息、消息设置、订阅情况和每次同意、代办时的同意记录、登录着的设备。
photos/    您自己拍的照片。位置、设备、时间这些信息上传时就已经去掉。

别人写给办理单位看的话和照片不在里面。文件里有您的电话，请妥善保存。
`

// archive writes a person's own data into one file: what is kept of them as JSON, and the
// photos that they took. A photo whose files are gone is left out.
func (w *Worker) archive(ctx context.Context, e *mysql.Export) error {
	data, photos, err := w.DB.Personal.Data(ctx, e.PersonID)
	if err != nil {
		return err
	}
	if w.Devices != nil {
		devices, err := w.Devices(ctx, e.PersonID)
		if err != nil {
			return err
		}
		data.Devices = append(data.Devices, devices...)
	}
	e.RowsDone, e.RowsTotal = 0, len(photos)
	if err := w.DB.Exports.Progress(ctx, e, exportLease); err != nil {
		return err
	}
	e.Bytes, err = w.Exports.Put(e.File, func(out io.Writer) error {
		z := zip.NewWriter(out)
		text, err := json.MarshalIndent(data, "", "  ")
		if err != nil {
			return err
		}
		for _, f := range []struct {
			name string
			text []byte
		}{{"说明.txt", []byte(guide)}, {"data.json", text}} {
			part, err := z.Create(f.name)
			if err == nil {
				_, err = part.Write(f.text)
			}
			if err != nil {
				return err
			}
		}
		for _, name := range slices.Sorted(maps.Keys(photos)) {
			p := photos[name]
			if err := w.archivePhoto(ctx, z, name, &p); err != nil {
				return err
			}
			e.RowsDone++
			if err := w.DB.Exports.Progress(ctx, e, exportLease); err != nil {
				return err
			}
		}
		return z.Close()
	})
	if err != nil {
		return err
	}
	return w.DB.Exports.Done(ctx, e)
}

func (w *Worker) archivePhoto(ctx context.Context, z *zip.Writer, name string, p *cabin.Photo) error {
	if w.Photos == nil || p.Shown() != cabin.PhotoReady {
		return nil
	}
	file, _, err := w.Photos.Get(ctx, p.File(), media.Original)
	if cabin.CodeOf(err) == cabin.CodeNotFound {
		file, _, err = w.Photos.Get(ctx, p.File(), media.Full)
	}
	if cabin.CodeOf(err) == cabin.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	part, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}) // a JPEG does not get smaller
	if err == nil {
		_, err = io.Copy(part, file)
	}
	return errors.Join(err, file.Close())
}
