-- A push ends with what it tells of: a reminder with the meeting. tried_since is since when
-- WeChat has not taken it, however often it was tried.
ALTER TABLE outbox
  ADD COLUMN good_until DATETIME(3) NULL,
  ADD COLUMN tried_since DATETIME(3) NULL;

-- Who turned something off a moment ago: looked at before each call to WeChat.
ALTER TABLE notify_settings ADD KEY notify_settings_updated (updated_at);
ALTER TABLE persons
  ADD COLUMN channels_at DATETIME(3) NULL,
  ADD KEY persons_channels (channels_at);
