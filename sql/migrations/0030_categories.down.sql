ALTER TABLE departments DROP COLUMN closed_at;
ALTER TABLE reports DROP COLUMN answers, DROP COLUMN building;
ALTER TABLE categories DROP COLUMN version, DROP COLUMN closed_at, DROP COLUMN questions;
