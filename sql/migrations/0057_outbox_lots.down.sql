ALTER TABLE outbox DROP COLUMN lot;
DROP TABLE outbox_lots;
