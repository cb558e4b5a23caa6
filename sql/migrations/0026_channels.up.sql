-- msg_id: WeChat's number of a push that it took; a late failure names it. failed_by: the
-- channel by which it turned out not to have arrived, so that the next one is tried.
ALTER TABLE outbox
  ADD COLUMN msg_id    BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN failed_by VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

-- By which channels a person wants no pushes: subscribe messages of the mini-program,
-- messages of the official account.
ALTER TABLE persons
  ADD COLUMN no_wechat   BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN no_official BOOLEAN NOT NULL DEFAULT FALSE;
