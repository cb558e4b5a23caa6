DROP TABLE statistics_marks;
DROP TABLE report_months;
ALTER TABLE reports DROP KEY reports_month, DROP COLUMN solved_at;
