-- When a report's row was written last, by whatever wrote it: the database sees to it. Pages
-- of reports that were kept are held against it.
ALTER TABLE reports
  ADD COLUMN changed_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6);
