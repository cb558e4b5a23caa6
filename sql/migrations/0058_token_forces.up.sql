-- When a new access token was last forced of WeChat, by account: no two within half a minute,
-- whatever Redis forgot.
CREATE TABLE token_forces (
  account VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  forced_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
