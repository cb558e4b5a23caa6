-- What two admins must agree to (四眼). Nobody answers their own question, whatever the code
-- above it does; sealed is an invite's code, for who asked.
CREATE TABLE agreements (
  id          BIGINT NOT NULL AUTO_INCREMENT,
  command     VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  asker_id    BIGINT NOT NULL,
  person_id   BIGINT NOT NULL DEFAULT 0,
  to_id       BIGINT NOT NULL DEFAULT 0,
  for_name    VARCHAR(20) NOT NULL DEFAULT '',
  filters     VARCHAR(1000) NOT NULL DEFAULT '',
  reason      VARCHAR(300) NOT NULL,
  state       VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  answered_by BIGINT NULL,
  answered_at DATETIME(3) NULL,
  answer      VARCHAR(300) NOT NULL DEFAULT '',
  object_id   BIGINT NOT NULL DEFAULT 0,
  sealed      VARBINARY(255) NULL,
  created_at  DATETIME(3) NOT NULL,
  expires_at  DATETIME(3) NOT NULL,
  due_at      DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY agreements_state (state, id),
  KEY agreements_due (due_at),
  CONSTRAINT agreements_four_eyes CHECK (answered_by IS NULL OR answered_by <> asker_id),
  CONSTRAINT agreements_answered CHECK (state NOT IN ('agreed', 'refused') OR answered_by IS NOT NULL)
);

ALTER TABLE invites ADD COLUMN agreement_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exports ADD COLUMN agreement_id BIGINT NOT NULL DEFAULT 0;
