-- What stations, deputies, categories, departments and communities were called until when: an
-- old matter shows what was true then.
CREATE TABLE name_versions (
  id         BIGINT NOT NULL AUTO_INCREMENT,
  kind       VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id  BIGINT NOT NULL,
  name       VARCHAR(80) NOT NULL,
  until      DATETIME(3) NOT NULL,
  changed_by BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY name_versions_object (kind, object_id, until)
);

-- Quick texts: who changed them when; one that is used no longer is closed.
ALTER TABLE quick_texts
  ADD COLUMN updated_by BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN updated_at DATETIME(3) NULL,
  ADD COLUMN closed_at DATETIME(3) NULL;
