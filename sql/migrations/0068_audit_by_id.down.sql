ALTER TABLE audit ADD KEY audit_at (at, id);
