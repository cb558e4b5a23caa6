package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
	"warmcabin/server/config"
	"warmcabin/server/demo"
	"warmcabin/server/mysql"
)

func migrate(ctx context.Context, path string, environ []string, steps int, grantTo string, out io.Writer) error {
	c, err := config.Load(path, environ)
	if err != nil {
		return err
	}
	if err := mysql.CreateDatabase(string(c.MySQL.DSN)); err != nil {
		return fmt.Errorf("不能创建数据库：%w", err)
	}
	err = mysql.Migrate(string(c.MySQL.DSN), steps)
	switch {
	case err != nil && steps < 0:
		return sentence("没有退回", err)
	case err != nil:
		return fmt.Errorf("升级数据库失败：%w", err)
	case steps < 0:
		fmt.Fprintf(out, "数据库结构已退回 %d 步。\n", -steps)
		return nil
	}
	fmt.Fprintln(out, "数据库结构已是最新。")
	if grantTo == "" {
		return nil
	}
	if err := mysql.GrantTo(ctx, string(c.MySQL.DSN), grantTo); err != nil {
		return sentence("没有授权", err)
	}
	fmt.Fprintf(out, "已授权给 %s：只有程序用到的权限，操作记录只能增加。\n", grantTo)
	return nil
}

// configuredDB opens the database of a configuration, for a command that needs nothing else.
func configuredDB(path string, environ []string) (*mysql.DB, error) {
	c, err := config.Load(path, environ)
	if err != nil {
		return nil, err
	}
	return openDB(c)
}

func invite(ctx context.Context, path string, environ []string, role string, scope int64, out io.Writer) error {
	db, err := configuredDB(path, environ)
	if err != nil {
		return err
	}
	defer db.Close()
	g := cabin.Grant{Role: cabin.Role(role), ScopeID: scope}
	code := cabin.NewInviteCode()
	expires, err := db.People.Invite(ctx, cabin.TheSystem, code, g)
	if e, ok := errors.AsType[*cabin.Error](err); ok {
		return errors.New(e.Message)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "邀请码：%s\n角色：%s\n请在 %s 前，在小程序“我的 → 输入邀请码”中使用。只能用一次。\n",
		code, g.Role.Name(), expires.In(cabin.Shanghai).Format("2006年1月2日 15:04"))
	return nil
}

// resetFactor is the operator's way out when nobody else can reset a lost second factor.
func resetFactor(ctx context.Context, path string, environ []string, person int64, out io.Writer) error {
	if person <= 0 {
		return errors.New("请用 -person 写明人员编号（工作台 → 人员与角色里看得到）。")
	}
	db, err := configuredDB(path, environ)
	if err != nil {
		return err
	}
	defer db.Close()
	p, err := db.People.ByID(ctx, person)
	if err == nil {
		err = db.Factors.Reset(ctx, cabin.TheSystem, person)
	}
	if e, ok := errors.AsType[*cabin.Error](err); ok {
		return errors.New(e.Message)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "已重置 %s（人员编号 %d）的验证器，并告诉了本人。请本人在小程序“我的 → 账号安全”里重新绑定。\n", p.Name, p.ID)
	return nil
}

// rotate seals the contacts again with the first of the configured keys.
func rotate(ctx context.Context, path string, environ []string, out io.Writer) error {
	db, err := configuredDB(path, environ)
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := db.People.Rotate(ctx)
	fmt.Fprintf(out, "已用新密钥重新加密 %d 份联系方式，%d 份本来就是新的。\n", r.Sealed, r.Kept)
	if err != nil {
		return fmt.Errorf("没有全部完成，请再运行一次：%w", err)
	}
	if r.ClosedRoster > 0 {
		return fmt.Errorf("名册里有 %d 个手机号用现有的密钥打不开，请找回当时的密钥，写进 vault.keys 后再运行", r.ClosedRoster)
	}
	if len(r.Closed) > 0 {
		return fmt.Errorf("有 %d 份用现有的密钥打不开（人员编号 %v），请找回当时的密钥，写进 vault.keys 后再运行。", len(r.Closed), r.Closed[:min(len(r.Closed), 20)])
	}
	fmt.Fprintln(out, "所有服务都用上新密钥后，可以从配置中去掉旧密钥。")
	return nil
}

// openNames opens what is sealed, for going back to a version that cannot.
func openNames(ctx context.Context, path string, environ []string, lost int, out io.Writer) error {
	db, err := configuredDB(path, environ)
	if err != nil {
		return err
	}
	defer db.Close()
	opened, closed, err := db.People.OpenNames(ctx, nil)
	who := ""
	if len(closed) > 0 {
		who = fmt.Sprintf("（人员编号 %v）", closed[:min(len(closed), 20)])
	}
	switch {
	case err != nil:
		return fmt.Errorf("没有全部完成，解开了 %d 个姓名，请再运行一次：%w", opened, err)
	case lost != 0 && lost != len(closed):
		return fmt.Errorf("打不开的是 %d 个姓名%s，不是 %d 个：一个也没有放弃。解开的 %d 个现在以明文存放", len(closed), who, lost, opened)
	case len(closed) > 0 && lost == 0:
		return fmt.Errorf("解开了 %[2]d 个姓名，有 %[1]d 个打不开%[3]s，还不能退回。密钥不在了，就请找回当时的密钥（备份时 -keys-to 存的那一份），写进 vault.keys 的后面，再运行一次；存的内容坏了，可以从备份里找回。"+
			"确实找不回来了：先做好备份，运行 warmcabin vault open-names -lost %[1]d，这 %[1]d 个姓名从此没有了，显示“姓名已丢失”，人和事都还在", len(closed), opened, who)
	case len(closed) > 0:
		if _, _, err := db.People.OpenNames(ctx, closed); err != nil {
			return fmt.Errorf("没有全部完成，请再运行一次 warmcabin vault open-names：%w", err)
		}
		fmt.Fprintf(out, "放弃了打不开的 %d 个姓名%s。\n", len(closed), who)
	}
	fmt.Fprintf(out, "解开了 %d 个姓名，现在以明文存放。请接着运行 warmcabin migrate -steps 退回；再启动这个版本，会重新加密。\n", opened)
	return nil
}

// verify checks the chains of all reports. A fault is an error: the exit code says so.
func verify(ctx context.Context, path string, environ []string, out io.Writer) error {
	db, err := configuredDB(path, environ)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := db.Reports.Verify(ctx)
	if err != nil {
		return fmt.Errorf("没有核对完：%w", err)
	}
	a, err := db.Audits.Verify(ctx)
	if err != nil {
		return fmt.Errorf("没有核对完：%w", err)
	}
	open, err := db.Audits.MayRewrite(ctx)
	if err != nil {
		return fmt.Errorf("没有核对完：%w", err)
	}
	fmt.Fprintf(out, "核对了 %d 件反映的 %d 条记录；%d 条的文字已随本人注销删除，%d 件是启用核对以前的。\n", v.Reports, v.Events, v.Deleted, v.Unchained)
	if v.Unstaged > 0 {
		fmt.Fprintf(out, "其中 %d 条带照片的是早先的写法，照片“办理前、办理后”的标记不在核对之内。\n", v.Unstaged)
	}
	fmt.Fprintf(out, "核对了操作记录的 %d 段封条、%d 条记录；最近的 %d 条还没有封存。\n", a.Seals, a.Rows, a.Open)
	if a.Seals > 0 {
		fmt.Fprintf(out, "最后一段是第 %d 段，校验值 %x，可以和日志里的 audit sealed 对照。\n", a.Head.ID, a.Head.Hash)
	}
	if len(open) > 0 {
		fmt.Fprintf(out, "注意：现在的数据库用户能改动或删除 %s。正式环境请按 configs/deploy/README.md 收回权限。\n", strings.Join(open, "、"))
	}
	if len(v.Faults)+len(a.Faults) == 0 {
		fmt.Fprintln(out, "全部完整，没有被改动过。")
		return nil
	}
	for _, f := range a.Faults[:min(len(a.Faults), 50)] {
		fmt.Fprintf(out, "  操作记录%s\n", f)
	}
	for _, f := range v.Faults[:min(len(v.Faults), 50)] {
		if f.Seq == 0 {
			fmt.Fprintf(out, "  反映 %s：%s\n", f.Number, f.What)
		} else {
			fmt.Fprintf(out, "  反映 %s 第 %d 条：%s\n", f.Number, f.Seq, f.What)
		}
	}
	return fmt.Errorf("有 %d 处对不上，请保留现场，查数据库的备份和日志。", len(v.Faults)+len(a.Faults))
}

func checkConfig(_ context.Context, path string, environ []string, out io.Writer) error {
	return config.Check(path, environ, out)
}

func loadDemo(ctx context.Context, path string, environ []string, out io.Writer) error {
	c, err := config.Load(path, environ)
	if err != nil {
		return err
	}
	if c.IsProduction() || !c.Demo {
		return errors.New("演示数据只能在开发环境中装入（env: development 且 demo: true）。")
	}
	photos, err := openPhotos(c)
	if err != nil {
		return err
	}
	defer photos.Close()
	sealer, err := openVault(c)
	if err != nil {
		return err
	}
	err = demo.Load(ctx, string(c.MySQL.DSN), photos, sealer, time.Now)
	switch {
	case errors.Is(err, demo.ErrUnfinished):
		return fmt.Errorf("上一次装入演示数据时被打断了，只装了一半。请清空数据库再装一次；make run 的数据用 make clean 清空：%w", err)
	case errors.Is(err, demo.ErrOccupied):
		return fmt.Errorf("这个数据库里已经有自己的联络站，演示数据要装进空的数据库：%w", err)
	case errors.Is(err, demo.ErrRealPeople):
		return fmt.Errorf("有人用真实的微信登录过这个数据库，演示数据只能和模拟器一起用：%w", err)
	case err != nil:
		return fmt.Errorf("装入演示数据失败：%w", err)
	}
	fmt.Fprintln(out, "演示数据已就绪。")
	return nil
}

// openAPI writes the API's description from the Go types: nothing is connected to.
func openAPI(_ context.Context, _ string, _ []string, out io.Writer) error {
	s, err := api.New(api.Config{})
	if err != nil {
		return err
	}
	text, err := s.OpenAPI()
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}
