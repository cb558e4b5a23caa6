-- Statistics of reports: how many came in a month, and what became of them so far.

-- When the result that stands was given; NULL again when the reporter says it is not solved.
ALTER TABLE reports
  ADD COLUMN solved_at DATETIME(3) NULL,
  ADD KEY reports_month (station_id, created_at, id);
UPDATE reports r SET r.solved_at = (SELECT MAX(e.at) FROM report_events e WHERE e.report_id = r.id AND e.to_state = 'resolved' AND e.from_state <> 'resolved')
  WHERE r.outcome <> '' AND r.state IN ('resolved', 'closed');

-- The reports that came to a station in a month (China's), by category (kind 1) and by the
-- deputy with whom they were raised (kind 2). waits: how long until solved, "bucket:count"
-- joined by commas (cabin.WaitBucket), of which the median is read.
CREATE TABLE report_months (
  month      DATE NOT NULL,
  station_id BIGINT NOT NULL,
  kind       TINYINT NOT NULL,
  object_id  BIGINT NOT NULL,
  received   INT NOT NULL,
  solved     INT NOT NULL,
  open_count INT NOT NULL,
  reopened   INT NOT NULL,
  rated      INT NOT NULL,
  stars      INT NOT NULL,
  waits      TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (month, station_id, kind, object_id)
);

-- Up to which event report_months is counted; what came later is counted when it is read.
CREATE TABLE statistics_marks (
  id            TINYINT NOT NULL,
  last_event_id BIGINT NOT NULL,
  PRIMARY KEY (id)
);
