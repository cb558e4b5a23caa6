ALTER TABLE persons DROP COLUMN deleted_at;
