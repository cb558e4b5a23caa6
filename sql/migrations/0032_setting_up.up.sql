-- The office that this system belongs to: one row.
CREATE TABLE office (
  id tinyint NOT NULL,
  street varchar(40) NOT NULL,
  updated_by bigint NOT NULL,
  updated_at datetime(3) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What only a person can know of the setting up, said by one.
CREATE TABLE setup_ticks (
  step varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ticked_by bigint NOT NULL,
  ticked_at datetime(3) NOT NULL,
  PRIMARY KEY (step)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Closed, not deleted: what happened keeps its place and its people.
ALTER TABLE stations ADD COLUMN closed_at datetime(3) NULL;
ALTER TABLE deputies ADD COLUMN closed_at datetime(3) NULL;

-- kind: grant gives a role; handover takes it from person_id; rebind gives person_id back
-- to somebody who lost their phone.
ALTER TABLE invites
  ADD COLUMN kind varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'grant',
  ADD COLUMN person_id bigint NOT NULL DEFAULT 0,
  ADD COLUMN for_name varchar(20) NOT NULL DEFAULT '',
  ADD COLUMN withdrawn_at datetime(3) NULL,
  ADD KEY invites_expires (expires_at, id);
