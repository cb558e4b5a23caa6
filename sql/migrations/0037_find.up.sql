-- Find anything in one box: the pairs of characters of what reports and bookings say, kept by
-- a job, so that nobody who writes one waits for it. gram is a hash of the pair; what it finds
-- is held against the words themselves. kind: 1 reports, 2 bookings.
CREATE TABLE found_words (
  station_id BIGINT NOT NULL,
  kind       TINYINT NOT NULL,
  gram       INT UNSIGNED NOT NULL,
  object_id  BIGINT NOT NULL,
  PRIMARY KEY (station_id, kind, gram, object_id)
);

-- Up to which id the words are kept; later ones are few, and read as they are.
CREATE TABLE found_marks (
  kind    TINYINT NOT NULL,
  last_id BIGINT NOT NULL,
  PRIMARY KEY (kind)
);

-- People are found by the beginning of their name.
ALTER TABLE persons ADD KEY persons_name (name);
