-- Each event of a report carries a hash over the one before it and a salted digest of its
-- content, so that a change made behind the product's back is found (ADR 0013). salt is
-- NULL where the content was deleted with its person: digest and hash stay.
ALTER TABLE report_events
  ADD COLUMN seq    INT NOT NULL DEFAULT 0,
  ADD COLUMN salt   BINARY(16) NULL,
  ADD COLUMN digest BINARY(32) NULL,
  ADD COLUMN hash   BINARY(32) NULL;

-- chain_length and head: the last event's. 0: nothing was chained yet.
ALTER TABLE reports
  ADD COLUMN chain_length INT NOT NULL DEFAULT 0,
  ADD COLUMN head         BINARY(32) NULL;
