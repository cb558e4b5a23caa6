-- Who at the desk sees to a report until it is closed (经办人). A table of its own: most reports
-- never have one, and taking one over touches nothing else of the report.
CREATE TABLE report_holders (
  report_id bigint NOT NULL,
  person_id bigint NOT NULL,
  since     datetime(3) NOT NULL,
  PRIMARY KEY (report_id),
  KEY report_holders_person (person_id, report_id),
  CONSTRAINT report_holders_report FOREIGN KEY (report_id) REFERENCES reports (id),
  CONSTRAINT report_holders_person FOREIGN KEY (person_id) REFERENCES persons (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
