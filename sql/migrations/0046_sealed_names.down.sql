-- Sealed names would be lost by this, and no SQL opens them: it goes no further while there are
-- any. `warmcabin vault open-names` opens them first.
ALTER TABLE persons ADD CONSTRAINT open_the_sealed_names_first CHECK (sealed_name IS NULL);
ALTER TABLE persons DROP CONSTRAINT open_the_sealed_names_first;
ALTER TABLE persons DROP KEY persons_name_hash, DROP COLUMN sealed_name, DROP COLUMN name_hash, DROP COLUMN worked;
