DROP TABLE due_reminders;
DROP TABLE digests;
DROP TABLE notify_settings;
ALTER TABLE outbox DROP KEY outbox_matter, DROP COLUMN told_at, DROP COLUMN kind;
DROP TABLE consent_events;
ALTER TABLE consents DROP COLUMN prompted_at, DROP COLUMN expired, DROP COLUMN shown;
ALTER TABLE notices DROP KEY notices_matter;
