-- What a holder holds is found by the primary key: its row says whose time it is, and when.
ALTER TABLE occupancy DROP KEY occupancy_holder;
