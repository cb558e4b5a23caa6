-- The second factor of admins and auditors (TOTP, RFC 6238). The secret is sealed for its
-- person; last_step is the last one that a code was taken of, so that none is taken twice.
CREATE TABLE second_factors (
  person_id     BIGINT NOT NULL,
  sealed        VARBINARY(255) NULL,
  confirmed_at  DATETIME(3) NULL,
  last_step     BIGINT NOT NULL DEFAULT 0,
  used_at       DATETIME(3) NULL,
  failures      INT NOT NULL DEFAULT 0,
  failing_since DATETIME(3) NULL,
  pending       VARBINARY(255) NULL,
  pending_at    DATETIME(3) NULL,
  PRIMARY KEY (person_id),
  CONSTRAINT second_factors_whole CHECK ((sealed IS NULL) = (confirmed_at IS NULL))
);

-- What opens the same door once each, when the phone is gone.
CREATE TABLE recovery_codes (
  person_id BIGINT NOT NULL,
  hash      BINARY(32) NOT NULL,
  used_at   DATETIME(3) NULL,
  PRIMARY KEY (person_id, hash)
);
