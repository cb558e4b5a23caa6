-- What people get: the inbox by matter, the ledger of consents, what each wants to be told.

ALTER TABLE notices ADD KEY notices_matter (person_id, matter_kind, matter_id, id);

-- Counters of the ledger below. prompted_at: when WeChat's prompt was last answered.
ALTER TABLE consents
  ADD COLUMN shown       INT NOT NULL DEFAULT 0,
  ADD COLUMN expired     INT NOT NULL DEFAULT 0,
  ADD COLUMN prompted_at DATETIME(3) NULL;

-- Every prompt shown and what became of it; rows are only added. prompt_id is the
-- client's number of the prompt or what else tells the event from a second report of it:
-- the same one counts once. visit is one opening of the app: who refused is not asked again in it.
CREATE TABLE consent_events (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  person_id  BIGINT NOT NULL,
  template   VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind       VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  source     VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  prompt_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  visit      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  created_at DATETIME(3) NOT NULL,
  UNIQUE KEY consent_events_once (person_id, template, prompt_id, kind),
  KEY consent_events_recent (person_id, created_at)
);

-- kind: what sort of news a push is; '' = cannot be turned off. told_at: the desk told
-- the person by phone instead.
ALTER TABLE outbox
  ADD COLUMN kind    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN told_at DATETIME(3) NULL,
  ADD KEY outbox_matter (matter_kind, matter_id, person_id, id);

-- What a person does not want pushed (push = 0). No row: pushed. The inbox has it anyway.
CREATE TABLE notify_settings (
  person_id  BIGINT NOT NULL,
  kind       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  push       BOOLEAN NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  PRIMARY KEY (person_id, kind)
);

-- The mornings on which somebody's digest was made; the key makes it once.
CREATE TABLE digests (
  person_id  BIGINT NOT NULL,
  day        DATE NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (person_id, day)
);

-- Handlers are reminded of a deadline once in each colour.
CREATE TABLE due_reminders (
  report_id  BIGINT NOT NULL,
  due_at     DATETIME(3) NOT NULL,
  light      VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (report_id, due_at, light)
);
