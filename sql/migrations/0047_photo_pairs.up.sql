-- A photo of a result shows the place before or after; a report's place that was set right
-- keeps what was written at first, which its chain holds.
ALTER TABLE photos ADD COLUMN stage VARCHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' AFTER position;
ALTER TABLE reports ADD COLUMN place_written VARCHAR(200) NULL;
