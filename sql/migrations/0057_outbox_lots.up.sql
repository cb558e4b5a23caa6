-- How far the sending of a claim has come: of its messages only those up to reached may be
-- at WeChat. They go in the order of their ids. A claim without a row here is sent at once.
CREATE TABLE outbox_lots (
  id BIGINT NOT NULL PRIMARY KEY,
  reached BIGINT NOT NULL,
  claimed_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

ALTER TABLE outbox ADD COLUMN lot BIGINT NOT NULL DEFAULT 0;
