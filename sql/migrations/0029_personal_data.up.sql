-- deleted_at: when a person had their data deleted. Their matters stay; nothing leads to them.
ALTER TABLE persons ADD COLUMN deleted_at DATETIME(3) NULL;
