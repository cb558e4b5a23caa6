ALTER TABLE outbox
  DROP KEY outbox_busy, ADD KEY outbox_lease (state, lease_until),
  DROP COLUMN busy_with, DROP COLUMN channel;
