package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"warmcabin/server/backup"
	"warmcabin/server/cabin"
	"warmcabin/server/config"
	"warmcabin/server/mysql"
	"warmcabin/server/redis"
	"warmcabin/server/vault"
)

func backupCommand() command {
	var to, keysTo string
	var keep int
	return command{
		flags: func(f *flag.FlagSet) {
			f.StringVar(&to, "to", "", "the folder in which a new one is made for this backup")
			f.StringVar(&keysTo, "keys-to", "", "write the keys to another folder, readable by the owner only")
			f.IntVar(&keep, "keep", 0, "remove all but the newest of so many backups; 0 keeps all")
		},
		run: func(ctx context.Context, path string, environ []string, out io.Writer) error {
			switch {
			case to == "":
				return errors.New("请用 -to 指定存放备份的文件夹。")
			case keep < 0:
				return errors.New("-keep 要填 0（全部保留）或留下的份数。")
			case keysTo != "" && (within(keysTo, to) || within(to, keysTo)):
				return errors.New("密钥不能和备份放在一起：-keys-to 要指定另一处，最好是另一台机器或离线的介质。")
			}
			c, err := config.Load(path, environ)
			if err != nil {
				return err
			}
			return takeBackup(ctx, c, to, keysTo, keep, out)
		},
	}
}

// within tells whether a path is the folder or lies in it.
func within(path, folder string) bool {
	path, errPath := filepath.Abs(path)
	folder, errFolder := filepath.Abs(folder)
	relative, err := filepath.Rel(folder, path)
	return err == nil && errPath == nil && errFolder == nil && relative != ".." && !strings.HasPrefix(relative, "../")
}

func takeBackup(ctx context.Context, c config.Config, to, keysTo string, keep int, out io.Writer) error {
	photos, err := openPhotos(c)
	if err != nil {
		return err
	}
	defer photos.Close()
	keys, err := vault.Fingerprints(string(c.Vault.Keys), string(c.Vault.IndexKey))
	if err != nil {
		return sentence("没有备份", err)
	}
	began := time.Now()
	m, folder, err := backup.Take(ctx, backup.Source{DSN: string(c.MySQL.DSN), Photos: photos, Keys: keys, Now: time.Now}, to)
	if err != nil {
		return sentence("没有备份", err)
	}
	fmt.Fprintf(out, "已备份到 %s：%d 张表共 %d 行，%d 张照片，%.1f MB，用时 %.1f 秒。\n", folder, len(m.Tables), m.Rows(), m.Photos, float64(m.Bytes())/1e6, time.Since(began).Seconds())
	if n := len(m.Missing); n > 0 {
		fmt.Fprintf(out, "有 %d 张照片只有记录、没有文件（刚刚删除的，或者已经丢失的），编号在 manifest.json 的 missing 里。\n", n)
	}
	if err := noteBackup(ctx, c, m.Rows()); err != nil {
		fmt.Fprintln(out, "备份完整，但没有记进系统，开站清单里看不到这一次：", err)
	}
	if keysTo != "" {
		file, err := writeKeys(c, keysTo, filepath.Base(folder))
		if err != nil {
			return fmt.Errorf("数据已备份，但密钥没有写成：%w", err)
		}
		fmt.Fprintf(out, "密钥另存在 %s，请移到别处妥善保管：丢了它，备份里的姓名和电话谁也打不开。\n", file)
	}
	if keep > 0 {
		gone, err := backup.Prune(to, keep)
		for _, g := range gone {
			fmt.Fprintf(out, "已删除旧的备份 %s。\n", g)
		}
		return err
	}
	return nil
}

// noteBackup lets the checklist of setting up know.
func noteBackup(ctx context.Context, c config.Config, rows int64) error {
	db, err := openDB(c)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Offices.BackedUp(ctx, rows)
}

// writeKeys writes what opens a backup's contacts, in the form of the environment file.
func writeKeys(c config.Config, dir, name string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	file := filepath.Join(dir, name+".keys")
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(f, "# 温馨小屋 %s 的密钥\nWARMCABIN_SECRET_KEY=%s\nWARMCABIN_VAULT_KEYS=%s\nWARMCABIN_VAULT_INDEX_KEY=%s\n",
		name, string(c.SecretKey), string(c.Vault.Keys), string(c.Vault.IndexKey))
	if err == nil {
		err = f.Sync()
	}
	return file, errors.Join(err, f.Close())
}

func restoreCommand() command {
	var from string
	var check, withoutKeys bool
	return command{
		flags: func(f *flag.FlagSet) {
			f.StringVar(&from, "from", "", "the folder of one backup")
			f.BoolVar(&check, "check", false, "only check that the backup is whole")
			f.BoolVar(&withoutKeys, "without-keys", false, "restore although the keys of its contacts are lost")
		},
		run: func(ctx context.Context, path string, environ []string, out io.Writer) error {
			if from == "" {
				return errors.New("请用 -from 指定一份备份的文件夹，如 /backup/warmcabin-20260102-030000。")
			}
			b, err := backup.Open(ctx, from)
			if err != nil {
				return sentence("没有恢复", err)
			}
			defer b.Close()
			m := b.Manifest
			fmt.Fprintf(out, "备份完整：%s，数据库第 %d 版，%d 张表共 %d 行，%d 张照片。\n", m.TakenAt.In(cabin.Shanghai).Format("2006年1月2日 15:04:05"), m.Schema, len(m.Tables), m.Rows(), m.Photos)
			if check {
				return nil
			}
			c, err := config.Load(path, environ)
			if err != nil {
				return err
			}
			if err := opens(c, m.Keys); err != nil && !withoutKeys {
				return err
			}
			return restoreFrom(ctx, c, b, out)
		},
	}
}

// opens fails unless this configuration has all the keys of the backup.
func opens(c config.Config, keys map[string]string) error {
	here, err := vault.Fingerprints(string(c.Vault.Keys), string(c.Vault.IndexKey))
	if err != nil {
		return sentence("没有恢复", err)
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if here[name] == keys[name] {
			continue
		}
		setting := "vault.index_key"
		if number, ok := strings.CutPrefix(name, "key "); ok {
			setting = "vault.keys 的 " + number + " 号密钥"
		}
		return fmt.Errorf("%s 不是备份时的那一把，备份里的联系方式会打不开。请先把备份时的密钥写进配置；密钥确实丢了，才用 -without-keys 恢复其余内容。", setting)
	}
	return nil
}

func restoreFrom(ctx context.Context, c config.Config, b *backup.Backup, out io.Writer) error {
	dsn := string(c.MySQL.DSN)
	if err := mysql.Empty(ctx, dsn); err != nil {
		return sentence("没有恢复", err)
	}
	cache := redis.Open(redis.Options{Addr: c.Redis.Addr, Password: string(c.Redis.Password), DB: c.Redis.DB})
	defer cache.Close()
	if err := redis.New(cache, time.Now).ForgetAll(ctx); err != nil {
		return fmt.Errorf("没有恢复：连不上 Redis。恢复前要让所有人的登录失效，否则旧的登录会对上别人的编号：%w", err)
	}
	photos, err := openPhotos(c)
	if err != nil {
		return err
	}
	defer photos.Close()
	began := time.Now()
	if err := b.Restore(ctx, dsn, photos); err != nil {
		return sentence("没有恢复完，请改正后重新运行", err)
	}
	fmt.Fprintf(out, "已恢复，用时 %.1f 秒。所有人都要重新登录。请运行 warmcabin verify 核对，再启动服务。\n", time.Since(began).Seconds())
	return nil
}

// sentence is an error for the operator: the product's own sentence where there is one.
func sentence(what string, err error) error {
	if e, ok := errors.AsType[*cabin.Error](err); ok && e.Code != cabin.CodeInternal && e.Code != cabin.CodeUnavailable {
		return fmt.Errorf("%s：%s", what, e.Message)
	}
	return fmt.Errorf("%s：%w", what, err)
}
