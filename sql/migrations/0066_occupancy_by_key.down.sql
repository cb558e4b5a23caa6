ALTER TABLE occupancy ADD KEY occupancy_holder (holder_id, holder_kind);
