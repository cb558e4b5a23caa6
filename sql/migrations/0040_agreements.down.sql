ALTER TABLE exports DROP COLUMN agreement_id;
ALTER TABLE invites DROP COLUMN agreement_id;
DROP TABLE agreements;
