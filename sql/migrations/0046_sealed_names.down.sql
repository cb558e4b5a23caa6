-- Sealed names are lost by this; back up first.
ALTER TABLE persons DROP KEY persons_name_hash, DROP COLUMN sealed_name, DROP COLUMN name_hash, DROP COLUMN worked;
