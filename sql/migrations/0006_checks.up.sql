-- What people wrote and photographed is checked before anybody else may see it in public.

-- One row for the words of an event (photo_id '') and for each of its photos, written with
-- the event. due_at: when a worker looks next, to ask WeChat or because it did not answer.
-- queued_at: since when it waits for the staff.
CREATE TABLE content_checks (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind        VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  matter_kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  matter_id   BIGINT NOT NULL,
  event_id    BIGINT NOT NULL,
  photo_id    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  person_id   BIGINT NOT NULL,
  station_id  BIGINT NOT NULL,
  state       VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'pending',
  trace_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  label       INT NOT NULL DEFAULT 0,
  code        INT NOT NULL DEFAULT 0,
  attempts    INT NOT NULL DEFAULT 0,
  reason      VARCHAR(400) NOT NULL DEFAULT '',
  appeal      VARCHAR(400) NOT NULL DEFAULT '',
  created_at  DATETIME(3) NOT NULL,
  due_at      DATETIME(3) NULL,
  asked_at    DATETIME(3) NULL,
  answered_at DATETIME(3) NULL,
  queued_at   DATETIME(3) NULL,
  appealed_at DATETIME(3) NULL,
  decided_at  DATETIME(3) NULL,
  decided_by  BIGINT NOT NULL DEFAULT 0,
  UNIQUE KEY content_checks_what (matter_kind, matter_id, event_id, photo_id),
  UNIQUE KEY content_checks_trace (trace_id),
  KEY content_checks_due (state, due_at, id),
  KEY content_checks_queue (station_id, queued_at, id)
);
