ALTER TABLE invites DROP KEY invites_expires, DROP COLUMN withdrawn_at, DROP COLUMN for_name, DROP COLUMN person_id, DROP COLUMN kind;
ALTER TABLE deputies DROP COLUMN closed_at;
ALTER TABLE stations DROP COLUMN closed_at;
DROP TABLE setup_ticks;
DROP TABLE office;
