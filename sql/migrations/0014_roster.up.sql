-- What the office brings in a workbook (Excel), and the workbooks that wait for a yes.

-- The buildings of a community, as residents call them.
CREATE TABLE buildings (
  id           BIGINT NOT NULL AUTO_INCREMENT,
  community_id BIGINT NOT NULL,
  name         VARCHAR(40) NOT NULL,
  address      VARCHAR(120) NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  UNIQUE KEY buildings_name (community_id, name),
  CONSTRAINT buildings_community FOREIGN KEY (community_id) REFERENCES communities (id)
);

-- Liaison officers as the office lists them, before and after they log in: what they may do
-- is granted by an invite, as to everybody.
CREATE TABLE liaisons (
  id   BIGINT NOT NULL AUTO_INCREMENT,
  name VARCHAR(40) NOT NULL,
  PRIMARY KEY (id),
  KEY liaisons_name (name)
);

CREATE TABLE liaison_communities (
  liaison_id   BIGINT NOT NULL,
  community_id BIGINT NOT NULL,
  PRIMARY KEY (liaison_id, community_id),
  KEY liaison_communities_community (community_id, liaison_id),
  CONSTRAINT liaison_communities_liaison FOREIGN KEY (liaison_id) REFERENCES liaisons (id),
  CONSTRAINT liaison_communities_community FOREIGN KEY (community_id) REFERENCES communities (id)
);

CREATE TABLE liaison_deputies (
  liaison_id BIGINT NOT NULL,
  deputy_id  BIGINT NOT NULL,
  PRIMARY KEY (liaison_id, deputy_id),
  KEY liaison_deputies_deputy (deputy_id, liaison_id),
  CONSTRAINT liaison_deputies_liaison FOREIGN KEY (liaison_id) REFERENCES liaisons (id),
  CONSTRAINT liaison_deputies_deputy FOREIGN KEY (deputy_id) REFERENCES deputies (id)
);

-- Phones of deputies (kind 1) and liaison officers (kind 2), sealed. No two liaison officers
-- have one phone: it is what tells them apart.
CREATE TABLE roster_phones (
  kind       TINYINT NOT NULL,
  object_id  BIGINT NOT NULL,
  sealed     VARBINARY(600) NOT NULL,
  phone_hash BINARY(32) NOT NULL,
  one_of     TINYINT NULL,
  updated_by BIGINT NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  PRIMARY KEY (kind, object_id),
  UNIQUE KEY roster_phones_one (one_of, phone_hash)
);

-- book: what was read of the workbook and what it would do, packed and sealed for who
-- brought it; NULL once it was applied or its time is over.
CREATE TABLE imports (
  id         BIGINT NOT NULL AUTO_INCREMENT,
  person_id  BIGINT NOT NULL,
  file_name  VARCHAR(120) NOT NULL,
  file_hash  BINARY(32) NOT NULL,
  state      VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  creates    INT NOT NULL,
  changes    INT NOT NULL,
  same       INT NOT NULL,
  faults     INT NOT NULL,
  book       MEDIUMBLOB NULL,
  created_at DATETIME(3) NOT NULL,
  expires_at DATETIME(3) NOT NULL,
  applied_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  KEY imports_person (person_id, id),
  KEY imports_expires (state, expires_at)
);
