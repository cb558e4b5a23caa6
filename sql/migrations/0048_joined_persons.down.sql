ALTER TABLE persons DROP KEY persons_joined, DROP COLUMN joined_to;
