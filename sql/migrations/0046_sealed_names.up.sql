-- What a resident is called lies sealed, as their phone does; the worker seals what was
-- written before. Who works here, or did, is called by their name in the open (ADR 0026).
ALTER TABLE persons
	ADD COLUMN sealed_name VARBINARY(160) NULL AFTER name,
	ADD COLUMN name_hash BINARY(32) NULL AFTER sealed_name,
	ADD COLUMN worked BOOLEAN NOT NULL DEFAULT FALSE,
	ADD KEY persons_name_hash (name_hash);
UPDATE persons SET worked = TRUE WHERE id IN (SELECT person_id FROM person_roles);
UPDATE persons SET worked = TRUE WHERE id IN (SELECT DISTINCT actor_id FROM audit WHERE actor_role IN ('deputy', 'liaison', 'community', 'staff', 'department', 'admin', 'auditor'));
