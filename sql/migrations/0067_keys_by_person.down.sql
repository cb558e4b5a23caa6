ALTER TABLE idempotency_keys ADD KEY idempotency_keys_created (created_at);
