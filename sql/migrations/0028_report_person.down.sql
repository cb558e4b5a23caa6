ALTER TABLE proxy_consents DROP KEY proxy_consents_recorder, DROP COLUMN how, DROP COLUMN version;
DROP TABLE contact_openings;
ALTER TABLE reports DROP COLUMN proxy_tells, DROP COLUMN proxy_role, DROP COLUMN proxy_id, DROP COLUMN relay_at, DROP COLUMN subjects, DROP COLUMN contact_hidden;
