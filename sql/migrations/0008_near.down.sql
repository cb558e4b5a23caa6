DROP TABLE report_followers;
ALTER TABLE reports ADD KEY reports_category (category_id), DROP KEY reports_place, DROP KEY reports_cell, DROP COLUMN place_key, DROP COLUMN cell;
