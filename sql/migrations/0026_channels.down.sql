ALTER TABLE persons DROP COLUMN no_official, DROP COLUMN no_wechat;
ALTER TABLE outbox DROP COLUMN failed_by, DROP COLUMN msg_id;
