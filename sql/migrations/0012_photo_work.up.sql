-- Photos are developed by a worker after the upload was answered.

-- state: processing → ready, or bad with the reason for its owner. due_at: when a worker
-- looks next; while one has it in hand, when its lease ends. Photos from before are ready.
ALTER TABLE photos
  ADD COLUMN state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'ready' AFTER position,
  ADD COLUMN reason VARCHAR(200) NOT NULL DEFAULT '' AFTER bytes,
  ADD COLUMN attempts INT NOT NULL DEFAULT 0,
  ADD COLUMN due_at DATETIME(3) NULL,
  ADD KEY photos_due (due_at, id),
  ADD KEY photos_loose (report_id, created_at, id);

-- Files to be deleted: written in the transaction that forgets the photo. until: they are
-- deleted once more then, when no worker that had the photo in hand can write any longer.
CREATE TABLE photo_removals (
  photo_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  due_at   DATETIME(3) NOT NULL,
  until    DATETIME(3) NOT NULL,
  KEY photo_removals_due (due_at, photo_id)
);
