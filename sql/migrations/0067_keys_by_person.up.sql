-- Which keys are over their time is found by walking through them (mysql.Retention).
ALTER TABLE idempotency_keys DROP KEY idempotency_keys_created;
