-- One row that everything writes which counts admins, or judges what the office sets against
-- the rest of it. A lock is seen on its own node only; a row that two have written is refused
-- to one of them on every cluster.
CREATE TABLE office_turns (
  id TINYINT NOT NULL PRIMARY KEY,
  turn BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
