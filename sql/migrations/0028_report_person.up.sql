-- The person behind a report. contact_hidden: the department that handles it may not open
-- their phone (they may allow it); subjects: whom the report is about, as "d7 p12" (departments
-- and persons), who then learn nothing of its reporter; relay_at: a department asked the desk
-- to pass on a message; proxy: who reported on behalf of the reporter, in which role, and
-- whether they are the one who tells them (a reporter without WeChat).
ALTER TABLE reports
  ADD COLUMN contact_hidden TINYINT(1) NOT NULL DEFAULT 1,
  ADD COLUMN subjects VARCHAR(400) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN relay_at DATETIME(3) NULL,
  ADD COLUMN proxy_id BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN proxy_role VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN proxy_tells TINYINT(1) NOT NULL DEFAULT 0;

-- Every look at a reporter's phone. Only ever added to.
CREATE TABLE contact_openings (
  id          BIGINT NOT NULL AUTO_INCREMENT,
  report_id   BIGINT NOT NULL,
  actor_id    BIGINT NOT NULL,
  actor_role  VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit        VARCHAR(60) NOT NULL,
  reason      VARCHAR(400) NOT NULL,
  at          DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY contact_openings_report (report_id, id),
  CONSTRAINT contact_openings_report FOREIGN KEY (report_id) REFERENCES reports (id)
);

-- Which version of the words a consent was given to, and how; by whom the list of what
-- somebody recorded is read.
ALTER TABLE proxy_consents
  ADD COLUMN version SMALLINT NOT NULL DEFAULT 1,
  ADD COLUMN how VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'face',
  ADD KEY proxy_consents_recorder (recorded_by, matter_kind, matter_id);
