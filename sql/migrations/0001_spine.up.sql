-- The spine: people, places, bookings, reports, notices. Times are UTC, DATETIME(3).
-- SQL stays within what MySQL 8 and MariaDB 10.11 both accept.

-- A database made by hand may have any character set: names and emoji need this one.
ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE persons (
  id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  openid       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  unionid      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  name         VARCHAR(40) NOT NULL DEFAULT '',
  created_at   DATETIME(3) NOT NULL,
  UNIQUE KEY persons_openid (openid),
  KEY persons_unionid (unionid)
);

-- What a person was granted. scope_id is the deputy, station, department or community; 0 = none, or every station.
CREATE TABLE person_roles (
  person_id  BIGINT NOT NULL,
  role       VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  scope_id   BIGINT NOT NULL DEFAULT 0,
  granted_by BIGINT NOT NULL DEFAULT 0,
  granted_at DATETIME(3) NOT NULL,
  PRIMARY KEY (person_id, role, scope_id),
  KEY person_roles_scope (role, scope_id, person_id),
  CONSTRAINT person_roles_person FOREIGN KEY (person_id) REFERENCES persons (id)
);

-- One use, 24 hours; only the hash of the code is kept.
CREATE TABLE invites (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  code_hash  BINARY(32) NOT NULL,
  role       VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  scope_id   BIGINT NOT NULL DEFAULT 0,
  created_by BIGINT NOT NULL DEFAULT 0,
  created_at DATETIME(3) NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  used_by    BIGINT NULL,
  used_at    DATETIME(3) NULL,
  UNIQUE KEY invites_code (code_hash)
);

-- station_id: the station whose desk takes in what this community brings.
CREATE TABLE communities (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name       VARCHAR(40) NOT NULL,
  station_id BIGINT NOT NULL,
  UNIQUE KEY communities_name (name)
);

CREATE TABLE stations (
  id        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent_id BIGINT NOT NULL DEFAULT 0,
  kind      VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name      VARCHAR(60) NOT NULL,
  address   VARCHAR(120) NOT NULL,
  hours     VARCHAR(120) NOT NULL DEFAULT '',
  phone     VARCHAR(20) NOT NULL DEFAULT '',
  lat       DOUBLE NULL,
  lng       DOUBLE NULL,
  UNIQUE KEY stations_name (name)
);

CREATE TABLE rooms (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  station_id BIGINT NOT NULL,
  name       VARCHAR(40) NOT NULL,
  UNIQUE KEY rooms_name (station_id, name),
  CONSTRAINT rooms_station FOREIGN KEY (station_id) REFERENCES stations (id)
);

CREATE TABLE departments (
  id   BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  duty VARCHAR(120) NOT NULL DEFAULT '',
  UNIQUE KEY departments_name (name)
);

CREATE TABLE categories (
  id            BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name          VARCHAR(20) NOT NULL,
  hint          VARCHAR(200) NOT NULL DEFAULT '',
  department_id BIGINT NOT NULL DEFAULT 0,
  days          INT NOT NULL DEFAULT 5,
  urgent        BOOLEAN NOT NULL DEFAULT FALSE,
  position      INT NOT NULL DEFAULT 0,
  UNIQUE KEY categories_name (name)
);

CREATE TABLE deputies (
  id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name         VARCHAR(40) NOT NULL,
  level        VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  constituency VARCHAR(60) NOT NULL DEFAULT '',
  term         VARCHAR(40) NOT NULL DEFAULT '',
  title        VARCHAR(80) NOT NULL DEFAULT '',
  bio          VARCHAR(500) NOT NULL DEFAULT '',
  photo_id     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  station_id   BIGINT NOT NULL,
  UNIQUE KEY deputies_name (name, constituency),
  KEY deputies_station (station_id, id),
  KEY deputies_photo (photo_id),
  CONSTRAINT deputies_station FOREIGN KEY (station_id) REFERENCES stations (id)
);

CREATE TABLE specialities (
  id   BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(20) NOT NULL,
  UNIQUE KEY specialities_name (name)
);

CREATE TABLE deputy_specialities (
  deputy_id     BIGINT NOT NULL,
  speciality_id BIGINT NOT NULL,
  PRIMARY KEY (deputy_id, speciality_id),
  KEY deputy_specialities_speciality (speciality_id, deputy_id),
  CONSTRAINT deputy_specialities_deputy FOREIGN KEY (deputy_id) REFERENCES deputies (id),
  CONSTRAINT deputy_specialities_speciality FOREIGN KEY (speciality_id) REFERENCES specialities (id)
);

-- People's own words for a speciality (睡不好 → 心理健康). position > 0: shown on the home page.
CREATE TABLE needs (
  word          VARCHAR(20) NOT NULL,
  speciality_id BIGINT NOT NULL,
  position      INT NOT NULL DEFAULT 0,
  PRIMARY KEY (word, speciality_id),
  CONSTRAINT needs_speciality FOREIGN KEY (speciality_id) REFERENCES specialities (id)
);

CREATE TABLE deputy_services (
  deputy_id BIGINT NOT NULL,
  service   VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (deputy_id, service),
  CONSTRAINT deputy_services_deputy FOREIGN KEY (deputy_id) REFERENCES deputies (id)
);

-- Weekly rules from which slots are computed. room_id 0 = no room is needed.
CREATE TABLE deputy_hours (
  id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  deputy_id    BIGINT NOT NULL,
  station_id   BIGINT NOT NULL,
  room_id      BIGINT NOT NULL DEFAULT 0,
  weekday      TINYINT NOT NULL,
  from_minute  SMALLINT NOT NULL,
  to_minute    SMALLINT NOT NULL,
  slot_minutes SMALLINT NOT NULL,
  service      VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  KEY deputy_hours_deputy (deputy_id, weekday),
  CONSTRAINT deputy_hours_deputy FOREIGN KEY (deputy_id) REFERENCES deputies (id),
  CONSTRAINT deputy_hours_quarters CHECK (from_minute % 15 = 0 AND slot_minutes % 15 = 0 AND slot_minutes > 0)
);

-- open_seat is 1..n while a booking is open and NULL afterwards: the unique key caps a
-- resident's open bookings, whatever writes at once.
CREATE TABLE bookings (
  id              BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  resident_id     BIGINT NOT NULL,
  deputy_id       BIGINT NOT NULL,
  station_id      BIGINT NOT NULL,
  room_id         BIGINT NOT NULL DEFAULT 0,
  service         VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  topic           VARCHAR(80) NOT NULL DEFAULT '',
  note            VARCHAR(1000) NOT NULL DEFAULT '',
  starts_at       DATETIME(3) NOT NULL,
  ends_at         DATETIME(3) NOT NULL,
  offer_starts_at DATETIME(3) NULL,
  offer_ends_at   DATETIME(3) NULL,
  state           VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hold_until      DATETIME(3) NULL,
  open_seat       TINYINT NULL,
  absent_side     VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  reason          VARCHAR(400) NOT NULL DEFAULT '',
  record          VARCHAR(2000) NOT NULL DEFAULT '',
  stars           TINYINT NOT NULL DEFAULT 0,
  rating_text     VARCHAR(2000) NOT NULL DEFAULT '',
  created_at      DATETIME(3) NOT NULL,
  updated_at      DATETIME(3) NOT NULL,
  UNIQUE KEY bookings_open_seat (resident_id, open_seat),
  KEY bookings_resident (resident_id, id),
  KEY bookings_deputy (deputy_id, state, starts_at, id),
  KEY bookings_station_day (station_id, starts_at, id),
  KEY bookings_station_state (station_id, state, starts_at, id),
  KEY bookings_hold (state, hold_until),
  CONSTRAINT bookings_resident FOREIGN KEY (resident_id) REFERENCES persons (id),
  CONSTRAINT bookings_deputy FOREIGN KEY (deputy_id) REFERENCES deputies (id)
);

CREATE TABLE booking_events (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  booking_id BIGINT NOT NULL,
  at         DATETIME(3) NOT NULL,
  actor_id   BIGINT NOT NULL,
  actor_role VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  command    VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_state   VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  text       VARCHAR(200) NOT NULL,
  note       VARCHAR(2000) NOT NULL DEFAULT '',
  KEY booking_events_booking (booking_id, id),
  CONSTRAINT booking_events_booking FOREIGN KEY (booking_id) REFERENCES bookings (id)
);

-- A row is a quarter of an hour (since 1970, UTC) of a resource that is taken: 1 deputy,
-- 2 room, 3 resident. The primary key is what makes two bookings over one impossible.
-- expires_at: a hold; past it the row counts as free and the next writer removes it.
CREATE TABLE occupancy (
  kind        TINYINT NOT NULL,
  resource_id BIGINT NOT NULL,
  quarter     INT NOT NULL,
  booking_id  BIGINT NOT NULL,
  expires_at  DATETIME(3) NULL,
  PRIMARY KEY (kind, resource_id, quarter),
  KEY occupancy_booking (booking_id)
);

CREATE TABLE reports (
  id             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  reporter_id    BIGINT NOT NULL,
  category_id    BIGINT NOT NULL,
  station_id     BIGINT NOT NULL,
  community_id   BIGINT NOT NULL DEFAULT 0,
  deputy_id      BIGINT NOT NULL DEFAULT 0,
  place_text     VARCHAR(200) NOT NULL DEFAULT '',
  lat            DOUBLE NULL,
  lng            DOUBLE NULL,
  body           TEXT NOT NULL,
  state          VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  waiting        VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  department_id  BIGINT NOT NULL DEFAULT 0,
  outcome        VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  outcome_text   VARCHAR(2000) NOT NULL DEFAULT '',
  due_from       DATETIME(3) NULL,
  due_at         DATETIME(3) NULL,
  supervised_at  DATETIME(3) NULL,
  reopened_count INT NOT NULL DEFAULT 0,
  resolved_by    BIGINT NOT NULL DEFAULT 0,
  stars          TINYINT NOT NULL DEFAULT 0,
  rating_text    VARCHAR(2000) NOT NULL DEFAULT '',
  created_at     DATETIME(3) NOT NULL,
  updated_at     DATETIME(3) NOT NULL,
  KEY reports_reporter (reporter_id, id),
  KEY reports_desk (station_id, waiting, due_at, id),
  KEY reports_department (department_id, waiting, due_at, id),
  KEY reports_community (community_id, id),
  KEY reports_deputy (deputy_id, id),
  KEY reports_due (state, due_at),
  CONSTRAINT reports_reporter FOREIGN KEY (reporter_id) REFERENCES persons (id),
  CONSTRAINT reports_category FOREIGN KEY (category_id) REFERENCES categories (id)
);

CREATE TABLE report_events (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  report_id  BIGINT NOT NULL,
  at         DATETIME(3) NOT NULL,
  actor_id   BIGINT NOT NULL,
  actor_role VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  command    VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_state   VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  text       VARCHAR(200) NOT NULL,
  note       VARCHAR(2000) NOT NULL DEFAULT '',
  KEY report_events_report (report_id, id),
  CONSTRAINT report_events_report FOREIGN KEY (report_id) REFERENCES reports (id)
);

-- report_id 0: uploaded, not yet attached. event_id: the event it came with.
CREATE TABLE photos (
  id         CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  owner_id   BIGINT NOT NULL,
  report_id  BIGINT NOT NULL DEFAULT 0,
  event_id   BIGINT NOT NULL DEFAULT 0,
  position   TINYINT NOT NULL DEFAULT 0,
  width      INT NOT NULL,
  height     INT NOT NULL,
  bytes      INT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  KEY photos_report (report_id, event_id, position),
  KEY photos_owner (owner_id, report_id, created_at)
);

-- The inbox: what a person was told. It is the truth; a push is extra.
CREATE TABLE notices (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id   BIGINT NOT NULL,
  matter_kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  matter_id   BIGINT NOT NULL,
  title       VARCHAR(120) NOT NULL,
  body        VARCHAR(500) NOT NULL,
  page        VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at  DATETIME(3) NOT NULL,
  read_at     DATETIME(3) NULL,
  KEY notices_person (person_id, id),
  KEY notices_unread (person_id, read_at)
);

-- Pushes to be made. state: waiting → sending (lease_until) → sent, refused, no_consent,
-- dead or unknown. attempted_at is written before the call to WeChat.
CREATE TABLE outbox (
  id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id    BIGINT NOT NULL,
  matter_kind  VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  matter_id    BIGINT NOT NULL,
  template     VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payload      TEXT NOT NULL,
  page         VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state        VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'waiting',
  due_at       DATETIME(3) NOT NULL,
  lease_until  DATETIME(3) NULL,
  attempts     INT NOT NULL DEFAULT 0,
  attempted_at DATETIME(3) NULL,
  done_at      DATETIME(3) NULL,
  code         INT NOT NULL DEFAULT 0,
  reason       VARCHAR(200) NOT NULL DEFAULT '',
  created_at   DATETIME(3) NOT NULL,
  KEY outbox_due (state, due_at, id),
  KEY outbox_lease (state, lease_until)
);

-- Prompts accepted and messages spent, per person and template.
CREATE TABLE consents (
  person_id  BIGINT NOT NULL,
  template   VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  credits    INT NOT NULL DEFAULT 0,
  accepted   INT NOT NULL DEFAULT 0,
  refused    INT NOT NULL DEFAULT 0,
  spent      INT NOT NULL DEFAULT 0,
  updated_at DATETIME(3) NOT NULL,
  PRIMARY KEY (person_id, template)
);

-- What a creating request made, so that the same key gets the same answer.
CREATE TABLE idempotency_keys (
  person_id  BIGINT NOT NULL,
  idem_key   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body_hash  BINARY(32) NOT NULL,
  object_id  BIGINT NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (person_id, idem_key),
  KEY idempotency_keys_created (created_at)
);

-- Who did what to what. Written in the transaction that did it, never changed.
CREATE TABLE audit (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at          DATETIME(3) NOT NULL,
  actor_id    BIGINT NOT NULL,
  actor_role  VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  action      VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id   BIGINT NOT NULL,
  detail      TEXT NOT NULL,
  request_id  VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  KEY audit_object (object_kind, object_id, id),
  KEY audit_actor (actor_id, id)
);
