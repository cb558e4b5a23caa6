DROP TABLE report_holders;
