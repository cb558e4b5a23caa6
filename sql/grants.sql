-- What the application's database user may do: no more than its code does. `warmcabin migrate
-- -grant-to USER@HOST` runs these lines for that user; a test holds every table to a line here,
-- and a whole story is run with these rights.

-- What happened is only ever added to: nobody who holds the application's password changes
-- or deletes it.
GRANT SELECT, INSERT ON audit TO application;
GRANT SELECT, INSERT ON audit_seals TO application;
GRANT SELECT, INSERT ON booking_events TO application;
GRANT SELECT, INSERT ON contact_openings TO application;
GRANT SELECT, INSERT ON handover_reads TO application;
GRANT SELECT, INSERT ON handovers TO application;
GRANT SELECT, INSERT ON ledger_corrections TO application;
GRANT SELECT, INSERT ON name_versions TO application;
GRANT SELECT, INSERT ON proxy_consents TO application;
GRANT SELECT, INSERT ON report_events TO application;
GRANT SELECT, INSERT ON talk_events TO application;
GRANT SELECT, INSERT ON visit_reports TO application;
GRANT SELECT, INSERT ON visits TO application;

-- Which version the schema has; migrations have a user of their own.
GRANT SELECT ON schema_migrations TO application;

-- What is kept up to date, and closed rather than deleted.
GRANT SELECT, INSERT, UPDATE ON agreements TO application;
GRANT SELECT, INSERT, UPDATE ON bookings TO application;
GRANT SELECT, INSERT, UPDATE ON buildings TO application;
GRANT SELECT, INSERT, UPDATE ON categories TO application;
GRANT SELECT, INSERT, UPDATE ON communities TO application;
GRANT SELECT, INSERT, UPDATE ON departments TO application;
GRANT SELECT, INSERT, UPDATE ON deputies TO application;
GRANT SELECT, INSERT, UPDATE ON exports TO application;
GRANT SELECT, INSERT, UPDATE ON found_marks TO application;
GRANT SELECT, INSERT, UPDATE ON found_words TO application;
GRANT SELECT, INSERT, UPDATE ON imports TO application;
GRANT SELECT, INSERT, UPDATE ON invites TO application;
GRANT SELECT, INSERT, UPDATE ON liaisons TO application;
GRANT SELECT, INSERT, UPDATE ON office TO application;
GRANT SELECT, INSERT, UPDATE ON office_turns TO application;
GRANT SELECT, INSERT, UPDATE ON persons TO application;
GRANT SELECT, INSERT, UPDATE ON presets TO application;
GRANT SELECT, INSERT, UPDATE ON quick_texts TO application;
GRANT SELECT, INSERT, UPDATE ON reports TO application;
GRANT SELECT, INSERT, UPDATE ON rooms TO application;
GRANT SELECT, INSERT, UPDATE ON specialities TO application;
GRANT SELECT, INSERT, UPDATE ON stations TO application;
GRANT SELECT, INSERT, UPDATE ON statistics_marks TO application;
GRANT SELECT, INSERT, UPDATE ON talks TO application;
GRANT SELECT, INSERT, UPDATE ON token_forces TO application;
GRANT SELECT, INSERT, UPDATE ON waits TO application;

-- What goes when it is over.
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_days TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_feeds TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON contacts TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON content_checks TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON deputy_exceptions TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON deputy_hours TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON deputy_services TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON deputy_specialities TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON liaison_communities TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON liaison_deputies TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON needs TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON occupancy TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox_busy TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox_lots TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON person_roles TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON photo_removals TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON photos TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_codes TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON report_followers TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON report_holders TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON report_months TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON report_parts TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON roster_phones TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON setup_ticks TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON unmet_needs TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON wechat_events TO application;

-- What belongs to one person goes when they have it deleted, and when it is over its time (ADR 0025).
GRANT SELECT, INSERT, DELETE ON consent_events TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON consents TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON digests TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON notices TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON notify_settings TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON official_followers TO application;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO application;
