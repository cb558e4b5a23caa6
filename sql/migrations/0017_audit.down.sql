DROP TABLE audit_seals;
ALTER TABLE audit DROP KEY audit_kind, DROP KEY audit_at, DROP COLUMN address;
