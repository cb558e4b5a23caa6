-- What is near a report, and who met the same (我也遇到).

-- place_key: the building or landmark in the words, in one form; cell: the square of the
-- map. NULL without a place on the map.
ALTER TABLE reports
  ADD COLUMN place_key VARCHAR(20) NOT NULL DEFAULT '',
  ADD COLUMN cell      BIGINT NULL,
  ADD KEY reports_place (category_id, community_id, place_key, created_at),
  ADD KEY reports_cell (category_id, cell, created_at);

-- via: joined (by a tap) or merged (their own report goes on with this one).
CREATE TABLE report_followers (
  report_id   BIGINT NOT NULL,
  person_id   BIGINT NOT NULL,
  via         VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  followed_at DATETIME(3) NOT NULL,
  PRIMARY KEY (report_id, person_id),
  KEY report_followers_person (person_id, report_id),
  CONSTRAINT report_followers_report FOREIGN KEY (report_id) REFERENCES reports (id),
  CONSTRAINT report_followers_person FOREIGN KEY (person_id) REFERENCES persons (id)
);
