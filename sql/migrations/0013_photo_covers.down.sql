ALTER TABLE photos DROP COLUMN cover, DROP COLUMN cover_id, DROP COLUMN cover_ready;
