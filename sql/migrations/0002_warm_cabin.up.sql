-- The warm cabin, whole: presets and calendar of the office, exceptions and leave, talks
-- with seats, the waitlist, moves, check-in by code, walk-ins.

-- Only what the office changed; the others stand as in the code.
CREATE TABLE presets (
  name       VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value      INT NOT NULL,
  updated_by BIGINT NOT NULL,
  updated_at DATETIME(3) NOT NULL
);

-- The office's own table over the published holidays. as_weekday 0–6: on this workday the
-- weekly hours of that weekday apply; -1 = its own.
CREATE TABLE calendar_days (
  day        DATE NOT NULL PRIMARY KEY,
  workday    BOOLEAN NOT NULL,
  as_weekday TINYINT NOT NULL DEFAULT -1,
  name       VARCHAR(20) NOT NULL DEFAULT '',
  updated_by BIGINT NOT NULL,
  updated_at DATETIME(3) NOT NULL
);

-- day_cap: at most so many meetings a day; 0 = as the hours allow.
-- rules_version counts the changes of the deputy's hours and exceptions.
ALTER TABLE deputies ADD COLUMN day_cap TINYINT NOT NULL DEFAULT 0, ADD COLUMN rules_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deputy_hours ADD COLUMN pause_minutes SMALLINT NOT NULL DEFAULT 0 AFTER slot_minutes,
  ADD CONSTRAINT deputy_hours_pause CHECK (pause_minutes % 15 = 0 AND pause_minutes >= 0);

-- kind: leave (no slots from starts_at to ends_at) or extra (hours besides the weekly ones).
CREATE TABLE deputy_exceptions (
  id            BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  deputy_id     BIGINT NOT NULL,
  kind          VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  starts_at     DATETIME(3) NOT NULL,
  ends_at       DATETIME(3) NOT NULL,
  station_id    BIGINT NOT NULL DEFAULT 0,
  room_id       BIGINT NOT NULL DEFAULT 0,
  slot_minutes  SMALLINT NOT NULL DEFAULT 0,
  pause_minutes SMALLINT NOT NULL DEFAULT 0,
  service       VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  reason        VARCHAR(400) NOT NULL DEFAULT '',
  created_by    BIGINT NOT NULL,
  created_at    DATETIME(3) NOT NULL,
  KEY deputy_exceptions_deputy (deputy_id, ends_at),
  KEY deputy_exceptions_station (station_id, ends_at),
  CONSTRAINT deputy_exceptions_deputy FOREIGN KEY (deputy_id) REFERENCES deputies (id)
);

-- Time is held by a booking (1), a talk (2) or an offer of the waitlist (3). More kinds of
-- resources: 4 a place in a deputy's day (day × 64 + place), 5 a seat of a talk.
ALTER TABLE occupancy CHANGE COLUMN booking_id holder_id BIGINT NOT NULL,
  ADD COLUMN holder_kind TINYINT NOT NULL DEFAULT 1 AFTER quarter,
  DROP KEY occupancy_booking,
  ADD KEY occupancy_holder (holder_id, holder_kind);

-- due_at: when the clock does something next (to the desk, expiry, a reminder).
-- waiting: who must act: deputy, staff, resident; '' = nobody.
ALTER TABLE bookings
  ADD COLUMN talk_id BIGINT NOT NULL DEFAULT 0 AFTER deputy_id,
  ADD COLUMN party TINYINT NOT NULL DEFAULT 1 AFTER service,
  ADD COLUMN waiting VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' AFTER state,
  ADD COLUMN due_at DATETIME(3) NULL AFTER hold_until,
  ADD COLUMN check_code CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN checked_in_at DATETIME(3) NULL,
  ADD COLUMN deputy_here_at DATETIME(3) NULL,
  ADD COLUMN displaced_at DATETIME(3) NULL,
  ADD COLUMN absent_at DATETIME(3) NULL,
  ADD COLUMN objected_at DATETIME(3) NULL,
  ADD COLUMN objection_state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN booked_by BIGINT NOT NULL DEFAULT 0;
UPDATE bookings SET waiting = CASE state WHEN 'requested' THEN 'deputy' WHEN 'countered' THEN 'resident' ELSE '' END,
  due_at = hold_until, check_code = LPAD(CAST(FLOOR(RAND() * 1000000) AS CHAR), 6, '0');
ALTER TABLE bookings DROP KEY bookings_hold,
  ADD KEY bookings_due (due_at),
  ADD KEY bookings_waiting (station_id, waiting, starts_at, id),
  ADD KEY bookings_code (check_code, starts_at),
  ADD KEY bookings_absent (resident_id, absent_side, starts_at),
  ADD KEY bookings_talk (talk_id, id);

ALTER TABLE booking_events
  ADD COLUMN old_text VARCHAR(200) NOT NULL DEFAULT '',
  ADD COLUMN new_text VARCHAR(200) NOT NULL DEFAULT '';

-- A group talk (讲座). Hosted at a room of a station or by a community at a place of its own.
CREATE TABLE talks (
  id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  deputy_id    BIGINT NOT NULL,
  station_id   BIGINT NOT NULL,
  room_id      BIGINT NOT NULL DEFAULT 0,
  community_id BIGINT NOT NULL DEFAULT 0,
  place_text   VARCHAR(200) NOT NULL DEFAULT '',
  topic        VARCHAR(80) NOT NULL,
  intro        VARCHAR(2000) NOT NULL DEFAULT '',
  wish         VARCHAR(200) NOT NULL DEFAULT '',
  seats        SMALLINT NOT NULL,
  starts_at    DATETIME(3) NULL,
  ends_at      DATETIME(3) NULL,
  state        VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  proposed_by  BIGINT NOT NULL,
  reason       VARCHAR(400) NOT NULL DEFAULT '',
  record       VARCHAR(4000) NOT NULL DEFAULT '',
  created_at   DATETIME(3) NOT NULL,
  updated_at   DATETIME(3) NOT NULL,
  KEY talks_state (state, starts_at, id),
  KEY talks_deputy (deputy_id, state, starts_at, id),
  KEY talks_station (station_id, state, starts_at, id),
  KEY talks_community (community_id, state, starts_at, id),
  CONSTRAINT talks_deputy FOREIGN KEY (deputy_id) REFERENCES deputies (id)
);

CREATE TABLE talk_events (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  talk_id    BIGINT NOT NULL,
  at         DATETIME(3) NOT NULL,
  actor_id   BIGINT NOT NULL,
  actor_role VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  command    VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_state   VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  text       VARCHAR(200) NOT NULL,
  note       VARCHAR(2000) NOT NULL DEFAULT '',
  KEY talk_events_talk (talk_id, id),
  CONSTRAINT talk_events_talk FOREIGN KEY (talk_id) REFERENCES talks (id)
);

-- The waitlist of a full slot or talk, in the order of id. live is 1 while the person
-- waits or is offered the seat and NULL afterwards: one place in a line for a person.
CREATE TABLE waits (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  resident_id BIGINT NOT NULL,
  deputy_id   BIGINT NOT NULL,
  talk_id     BIGINT NOT NULL DEFAULT 0,
  station_id  BIGINT NOT NULL,
  room_id     BIGINT NOT NULL DEFAULT 0,
  service     VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  party       TINYINT NOT NULL DEFAULT 1,
  topic       VARCHAR(80) NOT NULL DEFAULT '',
  note        VARCHAR(1000) NOT NULL DEFAULT '',
  starts_at   DATETIME(3) NOT NULL,
  ends_at     DATETIME(3) NOT NULL,
  state       VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  live        TINYINT NULL,
  offer_until DATETIME(3) NULL,
  due_at      DATETIME(3) NULL,
  booking_id  BIGINT NOT NULL DEFAULT 0,
  created_at  DATETIME(3) NOT NULL,
  updated_at  DATETIME(3) NOT NULL,
  UNIQUE KEY waits_once (resident_id, deputy_id, starts_at, live),
  KEY waits_line (deputy_id, starts_at, live, id),
  KEY waits_due (due_at),
  KEY waits_resident (resident_id, id),
  CONSTRAINT waits_resident FOREIGN KEY (resident_id) REFERENCES persons (id)
);

-- Words that matched no speciality, without the person: which needs nobody serves.
CREATE TABLE unmet_needs (
  word     VARCHAR(40) NOT NULL PRIMARY KEY,
  times    INT NOT NULL,
  first_at DATETIME(3) NOT NULL,
  last_at  DATETIME(3) NOT NULL,
  KEY unmet_needs_times (times, last_at)
);

-- A deputy's calendar address; only the hash of its secret is kept. A new one ends the old.
CREATE TABLE calendar_feeds (
  deputy_id   BIGINT NOT NULL PRIMARY KEY,
  secret_hash BINARY(32) NOT NULL,
  created_by  BIGINT NOT NULL,
  created_at  DATETIME(3) NOT NULL,
  UNIQUE KEY calendar_feeds_secret (secret_hash)
);

-- The phone apart from the matters, sealed; searchable by its keyed hash. A family may
-- share a phone: the keyed hash of phone and name is what makes a person one person.
CREATE TABLE contacts (
  person_id     BIGINT NOT NULL PRIMARY KEY,
  sealed        VARBINARY(600) NOT NULL,
  phone_hash    BINARY(32) NOT NULL,
  identity_hash BINARY(32) NOT NULL,
  recorded_by   BIGINT NOT NULL,
  updated_at    DATETIME(3) NOT NULL,
  UNIQUE KEY contacts_identity (identity_hash),
  KEY contacts_phone (phone_hash),
  CONSTRAINT contacts_person FOREIGN KEY (person_id) REFERENCES persons (id)
);

-- What a person said yes to before somebody acted for them, in the words read to them.
CREATE TABLE proxy_consents (
  id          BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id   BIGINT NOT NULL,
  matter_kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  matter_id   BIGINT NOT NULL,
  recorded_by BIGINT NOT NULL,
  words       VARCHAR(200) NOT NULL,
  at          DATETIME(3) NOT NULL,
  KEY proxy_consents_matter (matter_kind, matter_id),
  KEY proxy_consents_person (person_id, id)
);
