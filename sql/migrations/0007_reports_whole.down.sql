ALTER TABLE communities DROP KEY communities_constituency, DROP COLUMN constituency;
DROP TABLE quick_texts, report_parts;
CREATE TABLE due_reminders (
  report_id  BIGINT NOT NULL,
  due_at     DATETIME(3) NOT NULL,
  light      VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (report_id, due_at, light)
);
ALTER TABLE reports
  DROP COLUMN paused_at, DROP COLUMN extend_days, DROP COLUMN suggested_at, DROP COLUMN merged_into, DROP COLUMN split_from,
  DROP KEY reports_clock, DROP KEY reports_merged, DROP COLUMN clock_at, DROP COLUMN clock_step, ADD KEY reports_due (state, due_at);
