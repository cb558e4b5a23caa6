ALTER TABLE quick_texts DROP COLUMN closed_at, DROP COLUMN updated_at, DROP COLUMN updated_by;
DROP TABLE name_versions;
