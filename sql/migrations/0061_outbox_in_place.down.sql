ALTER TABLE outbox
  ADD COLUMN busy_with BIGINT NULL,
  ADD COLUMN lease_until DATETIME(3) NULL,
  ADD COLUMN lot BIGINT NOT NULL DEFAULT 0,
  ADD UNIQUE KEY outbox_busy (busy_with),
  MODIFY state        VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'waiting',
  MODIFY channel      VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  MODIFY attempted_at DATETIME(3) NULL,
  MODIFY done_at      DATETIME(3) NULL;

UPDATE outbox o JOIN outbox_busy b ON b.outbox_id = o.id
  SET o.busy_with = b.person_id, o.lease_until = b.lease_until, o.lot = b.lot;

UPDATE outbox SET attempted_at = NULLIF(attempted_at, '2000-01-01'), done_at = NULLIF(done_at, '2000-01-01')
  WHERE attempted_at = '2000-01-01' OR done_at = '2000-01-01';

DROP TABLE outbox_busy;
