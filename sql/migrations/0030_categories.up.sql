-- A category asks questions of its own and is closed rather than deleted. Answers stay with their
-- report as they were given, with the question as it was asked.
ALTER TABLE categories
  ADD COLUMN questions text DEFAULT NULL,
  ADD COLUMN closed_at datetime(3) DEFAULT NULL,
  ADD COLUMN version int NOT NULL DEFAULT 0;
ALTER TABLE reports
  ADD COLUMN building varchar(40) NOT NULL DEFAULT '',
  ADD COLUMN answers text DEFAULT NULL;
ALTER TABLE departments ADD COLUMN closed_at datetime(3) DEFAULT NULL;
