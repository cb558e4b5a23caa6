-- Records of the desk and of liaison officers. All of them are only ever added to: what was
-- wrong is corrected by another row.

-- 走访: where somebody went, whom they met in general, what they heard. client_key is the
-- Idempotency-Key by which it came, also hours later from a phone without a network.
CREATE TABLE visits (
  id           BIGINT NOT NULL AUTO_INCREMENT,
  person_id    BIGINT NOT NULL,
  role         VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id BIGINT NOT NULL,
  station_id   BIGINT NOT NULL,
  deputy_id    BIGINT NOT NULL DEFAULT 0,
  visited_at   DATETIME(3) NOT NULL,
  place_text   VARCHAR(200) NOT NULL,
  whom         VARCHAR(80) NOT NULL,
  heard        VARCHAR(2000) NOT NULL,
  client_key   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at   DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY visits_key (person_id, client_key),
  KEY visits_person (person_id, id),
  KEY visits_community (community_id, id),
  KEY visits_station (station_id, visited_at, id),
  CONSTRAINT visits_community FOREIGN KEY (community_id) REFERENCES communities (id)
);

-- What was reported of what was heard.
CREATE TABLE visit_reports (
  visit_id  BIGINT NOT NULL,
  report_id BIGINT NOT NULL,
  linked_at DATETIME(3) NOT NULL,
  PRIMARY KEY (visit_id, report_id),
  CONSTRAINT visit_reports_visit FOREIGN KEY (visit_id) REFERENCES visits (id),
  CONSTRAINT visit_reports_report FOREIGN KEY (report_id) REFERENCES reports (id)
);

-- Notes at the end of a shift, and who read them. counts: what waited then.
CREATE TABLE handovers (
  id         BIGINT NOT NULL AUTO_INCREMENT,
  station_id BIGINT NOT NULL,
  person_id  BIGINT NOT NULL,
  text       VARCHAR(2000) NOT NULL,
  reports    INT NOT NULL,
  bookings   INT NOT NULL,
  overdue    INT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY handovers_station (station_id, id),
  CONSTRAINT handovers_station FOREIGN KEY (station_id) REFERENCES stations (id)
);
CREATE TABLE handover_reads (
  handover_id BIGINT NOT NULL,
  person_id   BIGINT NOT NULL,
  read_at     DATETIME(3) NOT NULL,
  PRIMARY KEY (handover_id, person_id),
  CONSTRAINT handover_reads_handover FOREIGN KEY (handover_id) REFERENCES handovers (id)
);

-- What is set right in a ledger (台账): who, when, what and why. The row itself stays.
CREATE TABLE ledger_corrections (
  id        BIGINT NOT NULL AUTO_INCREMENT,
  kind      VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  role      VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  text      VARCHAR(1000) NOT NULL,
  reason    VARCHAR(400) NOT NULL,
  at        DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  KEY ledger_corrections_object (kind, object_id, id)
);
