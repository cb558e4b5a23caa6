-- The audit is read by the auditor and sealed (ADR 0017).

-- address: where the request came from; '' for what the system did by itself.
ALTER TABLE audit
  ADD COLUMN address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD KEY audit_kind (object_kind, id),
  ADD KEY audit_at (at, id);

-- A seal closes the rows up to last_id; its hash holds them and the hash of the seal before.
CREATE TABLE audit_seals (
  id        BIGINT NOT NULL PRIMARY KEY,
  last_id   BIGINT NOT NULL,
  row_count INT NOT NULL,
  hash      BINARY(32) NOT NULL,
  sealed_at DATETIME(3) NOT NULL
);
