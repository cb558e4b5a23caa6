-- A row of the outbox keeps its length while it is claimed and recorded: one that grows is
-- written anew in its page, and as pages are full, every third message had its whole page
-- rewritten. So nothing here is NULL first, and what changes has a fixed width; a time in 2000
-- is one that was not yet. Whom a push is on its way to is a row of outbox_busy, which goes
-- when the push is recorded: its key lets no two workers send to one person at once.
CREATE TABLE outbox_busy (
  person_id   BIGINT NOT NULL PRIMARY KEY,
  outbox_id   BIGINT NOT NULL,
  lot         BIGINT NOT NULL,
  lease_until DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

INSERT INTO outbox_busy (person_id, outbox_id, lot, lease_until)
  SELECT busy_with, id, lot, lease_until FROM outbox WHERE busy_with IS NOT NULL AND lease_until IS NOT NULL;

UPDATE outbox SET attempted_at = COALESCE(attempted_at, '2000-01-01'), done_at = COALESCE(done_at, '2000-01-01')
  WHERE attempted_at IS NULL OR done_at IS NULL;

ALTER TABLE outbox
  DROP KEY outbox_busy, DROP COLUMN busy_with, DROP COLUMN lease_until, DROP COLUMN lot,
  MODIFY state        CHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'waiting',
  MODIFY channel      CHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  MODIFY attempted_at DATETIME(3) NOT NULL DEFAULT '2000-01-01',
  MODIFY done_at      DATETIME(3) NOT NULL DEFAULT '2000-01-01';
