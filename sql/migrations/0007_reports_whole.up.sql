-- A report to its end: several departments, the clock, merging and splitting.

-- clock_at: when the clock strikes next; clock_step counts the strikes since the deadline
-- was set. merged_into is never a report that is merged itself.
ALTER TABLE reports
  ADD COLUMN paused_at    DATETIME(3) NULL,
  ADD COLUMN extend_days  SMALLINT NOT NULL DEFAULT 0,
  ADD COLUMN suggested_at DATETIME(3) NULL,
  ADD COLUMN merged_into  BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN split_from   BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN clock_at     DATETIME(3) NULL,
  ADD COLUMN clock_step   TINYINT NOT NULL DEFAULT 0,
  ADD KEY reports_clock (clock_at),
  ADD KEY reports_merged (merged_into),
  DROP KEY reports_due;

-- The clock looks at everything that runs once, and sets itself.
UPDATE reports SET clock_at = due_from WHERE due_at IS NOT NULL;
DROP TABLE due_reminders;

-- The departments that help the main one (协办).
CREATE TABLE report_parts (
  report_id     BIGINT NOT NULL,
  department_id BIGINT NOT NULL,
  state         VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  asked_at      DATETIME(3) NOT NULL,
  PRIMARY KEY (report_id, department_id),
  KEY report_parts_department (department_id, state, report_id),
  CONSTRAINT report_parts_report FOREIGN KEY (report_id) REFERENCES reports (id),
  CONSTRAINT report_parts_department FOREIGN KEY (department_id) REFERENCES departments (id)
);

-- Sentences to begin from, per command; a blank 〔…〕 must be filled before it is sent.
CREATE TABLE quick_texts (
  id       BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  command  VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  label    VARCHAR(20) NOT NULL,
  text     VARCHAR(200) NOT NULL,
  position INT NOT NULL DEFAULT 0,
  KEY quick_texts_command (command, position, id)
);
INSERT INTO quick_texts (command, label, text, position) VALUES
  ('return', '位置不清楚', '请您补充〔哪一段、哪栋楼〕的具体位置，比如楼号、路口或者附近的标志。', 1),
  ('return', '缺照片', '请您补一张能看清〔哪里〕的照片。', 2),
  ('return', '时间不清楚', '请您说说〔这种情况〕是从什么时候开始的，大概多久出现一次。', 3),
  ('reject', '正在诉讼', '这件事已经由〔哪个法院〕审理，联络站不能受理。请您按法院的程序办理，需要法律咨询可以拨打 12348。', 1),
  ('reject', '正在仲裁', '这件事已经由〔哪个仲裁委〕受理，联络站不能受理。请您等仲裁结果；不服的，可以依法向法院起诉。', 2),
  ('reject', '正在行政复议', '这件事已经由〔哪个机关〕复议，联络站不能受理。请您等复议决定；不服的，可以依法提起行政诉讼。', 3),
  ('reject', '不归街道管', '这件事由〔哪个部门〕负责。请您拨打 12345 政务服务热线，由他们转办。', 4),
  ('ask', '问一个问题', '请问〔想知道的事〕？', 1),
  ('answer', '核实以后', '经与〔谁〕核实，〔情况〕，〔怎么办〕。', 1),
  ('progress', '到过现场', '〔日期〕已到现场，〔看到的情况〕，下一步〔做什么、什么时候〕。', 1),
  ('resolve', '已经办好', '〔日期〕已完成〔做了什么〕，请您到现场看看。', 1),
  ('send_back', '职责在别处', '这件事的职责在〔单位〕，依据〔规定〕。', 1),
  ('ask_time', '还要时间', '因〔原因〕，还需要〔做什么〕，预计〔日期〕完成。', 1);

-- The constituency that a community lies in: its deputies follow what is reported there.
ALTER TABLE communities ADD COLUMN constituency VARCHAR(60) NOT NULL DEFAULT '', ADD KEY communities_constituency (constituency);
