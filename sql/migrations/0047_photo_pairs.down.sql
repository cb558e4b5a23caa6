UPDATE reports SET place_text = place_written WHERE place_written IS NOT NULL;
ALTER TABLE reports DROP COLUMN place_written;
ALTER TABLE photos DROP COLUMN stage;
