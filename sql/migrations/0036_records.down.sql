DROP TABLE ledger_corrections;
DROP TABLE handover_reads;
DROP TABLE handovers;
DROP TABLE visit_reports;
DROP TABLE visits;
