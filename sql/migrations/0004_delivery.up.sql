-- Delivery. busy_with holds a person while a push to them is on its way: its key lets no
-- two workers, of whatever process, send to one person at once. channel: how it
-- went out. A row's state changes twice at least, so each index on it costs three times:
-- leases are found by outbox_due, as few rows are on their way.
ALTER TABLE outbox
  ADD COLUMN channel   VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN busy_with BIGINT NULL,
  ADD UNIQUE KEY outbox_busy (busy_with),
  DROP KEY outbox_lease;
