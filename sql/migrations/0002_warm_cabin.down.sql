DROP TABLE proxy_consents, contacts, calendar_feeds, unmet_needs, waits, talk_events, talks, deputy_exceptions, calendar_days, presets;
DELETE FROM occupancy WHERE holder_kind <> 1 OR kind > 3;
ALTER TABLE occupancy DROP KEY occupancy_holder, DROP COLUMN holder_kind,
  CHANGE COLUMN holder_id booking_id BIGINT NOT NULL, ADD KEY occupancy_booking (booking_id);
ALTER TABLE booking_events DROP COLUMN old_text, DROP COLUMN new_text;
ALTER TABLE bookings DROP KEY bookings_due, DROP KEY bookings_waiting, DROP KEY bookings_code, DROP KEY bookings_absent, DROP KEY bookings_talk,
  ADD KEY bookings_hold (state, hold_until),
  DROP COLUMN talk_id, DROP COLUMN party, DROP COLUMN waiting, DROP COLUMN due_at, DROP COLUMN check_code, DROP COLUMN checked_in_at,
  DROP COLUMN deputy_here_at, DROP COLUMN displaced_at, DROP COLUMN absent_at, DROP COLUMN objected_at, DROP COLUMN objection_state, DROP COLUMN booked_by;
ALTER TABLE deputy_hours DROP CONSTRAINT deputy_hours_pause, DROP COLUMN pause_minutes;
ALTER TABLE deputies DROP COLUMN day_cap, DROP COLUMN rules_version;
