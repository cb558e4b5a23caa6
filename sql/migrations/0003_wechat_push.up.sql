-- What WeChat pushes to us, kept once and worked off later; who follows the official account.

-- once: the same for a repetition. due_at: when it is looked at (again); NULL when done.
CREATE TABLE wechat_events (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account    VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  once       BINARY(32) NOT NULL,
  payload    TEXT NOT NULL,
  attempts   INT NOT NULL DEFAULT 0,
  due_at     DATETIME(3) NULL,
  created_at DATETIME(3) NOT NULL,
  UNIQUE KEY wechat_events_once (once),
  KEY wechat_events_due (due_at),
  KEY wechat_events_created (created_at)
);

-- openid is the official account's own; unionid ties it to a person of the mini-program.
CREATE TABLE official_followers (
  openid      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  unionid     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  followed_at DATETIME(3) NULL,
  left_at     DATETIME(3) NULL,
  KEY official_followers_unionid (unionid)
);
