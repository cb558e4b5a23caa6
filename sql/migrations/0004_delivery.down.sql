ALTER TABLE outbox
  DROP KEY outbox_state, DROP KEY outbox_busy,
  DROP COLUMN busy_with, DROP COLUMN channel;
