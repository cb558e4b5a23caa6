DROP TABLE audit, idempotency_keys, consents, outbox, notices, photos, report_events, reports,
  occupancy, booking_events, bookings, deputy_hours, deputy_services, needs, deputy_specialities,
  specialities, deputies, categories, departments, rooms, stations, communities, invites,
  person_roles, persons;
