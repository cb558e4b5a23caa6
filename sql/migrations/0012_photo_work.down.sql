DROP TABLE photo_removals;
ALTER TABLE photos
  DROP KEY photos_due, DROP KEY photos_loose,
  DROP COLUMN state, DROP COLUMN reason, DROP COLUMN attempts, DROP COLUMN due_at;
