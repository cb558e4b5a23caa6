package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
)

// Workbooks: what issue 6 asks of an import of 5,000 rows and an export of 100,000.

const (
	adminPerson  = 3_000_000
	exportedRows = 100_000
	exportLimit  = 2 * time.Minute
)

// admin makes the office's person and returns a session of theirs.
func (s *stage) admin(ctx context.Context) (string, error) {
	err := s.exec(ctx,
		fmt.Sprintf(`INSERT IGNORE INTO persons (id, name, created_at) VALUES (%d, '何主任', '2026-01-01')`, adminPerson),
		fmt.Sprintf(`INSERT IGNORE INTO person_roles (person_id, role, scope_id, granted_at) VALUES (%d, 'admin', 0, '2026-01-01')`, adminPerson))
	if err != nil {
		return "", err
	}
	tokens, err := s.logIn(ctx, []int64{adminPerson})
	if err != nil {
		return "", err
	}
	return tokens[0], nil
}

// rosterOf5000 is a workbook of 5,000 rows: stations, communities, buildings, deputies and
// liaison officers who name each other.
func rosterOf5000() ([]byte, error) {
	x := excelize.NewFile()
	defer func() { _ = x.Close() }()
	for _, part := range []struct {
		kind cabin.RosterKind
		rows int
		row  func(i int) []any
	}{
		{cabin.RosterStation, 20, func(i int) []any { return []any{fmt.Sprintf("新站%d", i), "社区站", nil, "幸福路"} }},
		{cabin.RosterCommunity, 80, func(i int) []any {
			return []any{fmt.Sprintf("新社区%d", i), fmt.Sprintf("新站%d", i%20+1), fmt.Sprintf("新%d选区", i)}
		}},
		{cabin.RosterBuilding, 1400, func(i int) []any {
			return []any{fmt.Sprintf("新社区%d", i%80+1), fmt.Sprintf("%d 栋", i), "幸福路"}
		}},
		{cabin.RosterDeputy, 2500, func(i int) []any {
			return []any{han(i), 13800000000 + i, "区", fmt.Sprintf("新%d选区", i%80+1), "第十七届", "中学高级教师", "从业二十余年，熟悉社区情况，每周在联络站接待。", fmt.Sprintf("新站%d", i%20+1), "中医养生、法律咨询", "面谈、电话"}
		}},
		{cabin.RosterLiaison, 1000, func(i int) []any {
			return []any{han(i + 5000), 13900000000 + i, fmt.Sprintf("新社区%d、新社区%d", i%80+1, (i+1)%80+1), han(i) + fmt.Sprintf("（新%d选区）", i%80+1)}
		}},
	} {
		if err := rosterSheet(x, part.kind, part.rows, part.row); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	err := x.Write(&out)
	return out.Bytes(), err
}

// rosterSheet writes a kind's heading and rows.
func rosterSheet(x *excelize.File, kind cabin.RosterKind, rows int, row func(i int) []any) error {
	def := cabin.RosterDef(kind)
	if _, err := x.NewSheet(def.Sheet); err != nil {
		return err
	}
	w, err := x.NewStreamWriter(def.Sheet)
	if err != nil {
		return err
	}
	cells := make([]any, len(def.Columns))
	for i, c := range def.Columns {
		cells[i] = c.Title
	}
	for i := 0; i <= rows; i++ {
		if i > 0 {
			cells = row(i)
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			return err
		}
	}
	return w.Flush()
}

// han makes a name of each number, without digits.
func han(i int) string {
	return string([]rune{rune(0x4e00 + i%97), rune(0x5200 + i/97%97), rune(0x5600 + i/97/97)})
}

// import5000 brings a workbook to the server as an admin's browser does and says yes to it:
// the seconds of both, and the most that the server held meanwhile.
func import5000(ctx context.Context, s *stage) ([]result, error) {
	file, err := rosterOf5000()
	if err != nil {
		return nil, err
	}
	token, err := s.admin(ctx)
	if err != nil {
		return nil, err
	}
	c := newCall(s.server.addr)
	defer c.close()
	s.server.forgetPeak()
	start := time.Now()
	status, body, err := c.do(form("/api/v1/office/imports", token, file))
	if err != nil || status != http.StatusCreated {
		return nil, fmt.Errorf("import: %d %s %w", status, body, err)
	}
	checked := time.Since(start)
	im, err := decode[struct {
		ID      int64 `json:"id"`
		Creates int   `json:"creates"`
		Faults  int   `json:"faults"`
	}](body)
	if err != nil || im.Creates != 5000 || im.Faults != 0 {
		return nil, fmt.Errorf("import: %+v %w", im, err)
	}
	if status, body, err = c.do(post(fmt.Sprintf("/api/v1/office/imports/%d/apply", im.ID), token, "", []byte("{}"))); err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("apply: %d %s %w", status, body, err)
	}
	took, peak := time.Since(start), s.server.peakMB()
	s.lab.note("  导入 5000 行：核对 %.2f 秒，写入 %.2f 秒，文件 %d KB", checked.Seconds(), (took - checked).Seconds(), len(file)>>10)
	return []result{valued("import_5000", took.Seconds(), atMost(5)), valued("import_5000_rss", peak, atMost(150))}, nil
}

// export100k asks for a list of 100,000 reports, waits until the server's worker has
// written it, and fetches it.
func export100k(ctx context.Context, s *stage) ([]result, error) {
	token, err := s.admin(ctx)
	if err != nil {
		return nil, err
	}
	err = s.exec(ctx,
		`INSERT IGNORE INTO categories (id, name) VALUES (900, '导出的类别')`,
		`INSERT IGNORE INTO stations (id, kind, name, address) VALUES (900, 'branch', '导出的站', '幸福路')`,
		fmt.Sprintf(`INSERT INTO reports (reporter_id, category_id, station_id, place_text, body, state, waiting, due_at, created_at, updated_at)
			SELECT %d, 900, 900, '幸福路口', REPEAT('路口的积水很深，下雨天老人过不去。', 4), 'submitted', 'staff', '2026-01-05', '2026-01-02', '2026-01-02' FROM seq_1_to_%d`, adminPerson, exportedRows))
	if err != nil {
		return nil, err
	}
	c := newCall(s.server.addr)
	defer c.close()
	s.server.forgetPeak()
	start := time.Now()
	status, body, err := c.do(post("/api/v1/exports", token, "bench-export-100k", []byte(`{"list":"desk_reports","stationId":900}`)))
	if err != nil || status != http.StatusCreated {
		return nil, fmt.Errorf("export: %d %s %w", status, body, err)
	}
	type export struct {
		ID    int64  `json:"id"`
		State string `json:"state"`
		Done  int    `json:"done"`
		Bytes int64  `json:"bytes"`
	}
	e, err := decode[export](body)
	for err == nil && (e.State == "waiting" || e.State == "running") && time.Since(start) < exportLimit {
		time.Sleep(100 * time.Millisecond)
		if status, body, err = c.do(get(fmt.Sprintf("/api/v1/exports/%d", e.ID), token)); err == nil && status == http.StatusOK {
			e, err = decode[export](body)
		}
	}
	took, peak := time.Since(start), s.server.peakMB()
	if err != nil || e.State != "done" || e.Done != exportedRows {
		return nil, fmt.Errorf("export: %+v after %v %w", e, took, err)
	}
	if status, body, err = c.do(get(fmt.Sprintf("/api/v1/exports/%d/file", e.ID), token)); err != nil || status != http.StatusOK || int64(len(body)) != e.Bytes {
		return nil, fmt.Errorf("file: %d, %d bytes of %d %w", status, len(body), e.Bytes, err)
	}
	s.lab.note("  导出 %d 行，文件 %.1f MB", e.Done, float64(e.Bytes)/(1<<20))
	return []result{valued("export_100k", took.Seconds(), atMost(20)), valued("export_100k_rss", peak, atMost(150))}, nil
}
