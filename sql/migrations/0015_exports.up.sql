-- Lists that somebody takes with them as a workbook. A worker writes the file; only who
-- asked may fetch it, for a day, and only while they still have the right.
-- scope: what the file was written for, 'all' or ids; file: its unguessable name;
-- due_at: when a worker may take it (also after a lease), NULL once it ended.
CREATE TABLE exports (
  id           BIGINT NOT NULL AUTO_INCREMENT,
  person_id    BIGINT NOT NULL,
  list         VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  filters      VARCHAR(1000) NOT NULL,
  scope        VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  state        VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  rows_done    INT NOT NULL DEFAULT 0,
  rows_total   INT NOT NULL DEFAULT 0,
  bytes        BIGINT NOT NULL DEFAULT 0,
  file         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  attempts     INT NOT NULL DEFAULT 0,
  created_at   DATETIME(3) NOT NULL,
  due_at       DATETIME(3) NULL,
  ended_at     DATETIME(3) NULL,
  expires_at   DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY exports_person (person_id, id),
  KEY exports_due (due_at),
  KEY exports_expires (state, expires_at)
);
