ALTER TABLE persons DROP KEY persons_channels, DROP COLUMN channels_at;
ALTER TABLE notify_settings DROP KEY notify_settings_updated;
ALTER TABLE outbox DROP COLUMN tried_since, DROP COLUMN good_until;
