ALTER TABLE reports DROP COLUMN changed_at;
