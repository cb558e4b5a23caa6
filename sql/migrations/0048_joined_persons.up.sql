-- Who was written down without WeChat and became one with who came with it: consents that
-- were recorded for the first are the other's as well.
ALTER TABLE persons ADD COLUMN joined_to BIGINT NOT NULL DEFAULT 0, ADD KEY persons_joined (joined_to);
