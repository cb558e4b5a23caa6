-- The rows of some days are found by their ids, which are given in the order of time.
ALTER TABLE audit DROP KEY audit_at;
