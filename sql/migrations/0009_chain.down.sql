ALTER TABLE reports DROP COLUMN chain_length, DROP COLUMN head;
ALTER TABLE report_events DROP COLUMN seq, DROP COLUMN salt, DROP COLUMN digest, DROP COLUMN hash;
