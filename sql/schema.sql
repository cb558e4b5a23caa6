-- What the migrations lead to, as MariaDB 10.11 shows it. Written by:
-- go test ./server/mysql -run TestSchemaDump -update

CREATE TABLE `agreements` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `command` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `asker_id` bigint(20) NOT NULL,
  `person_id` bigint(20) NOT NULL DEFAULT 0,
  `to_id` bigint(20) NOT NULL DEFAULT 0,
  `for_name` varchar(20) NOT NULL DEFAULT '',
  `filters` varchar(1000) NOT NULL DEFAULT '',
  `reason` varchar(300) NOT NULL,
  `state` varchar(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `answered_by` bigint(20) DEFAULT NULL,
  `answered_at` datetime(3) DEFAULT NULL,
  `answer` varchar(300) NOT NULL DEFAULT '',
  `object_id` bigint(20) NOT NULL DEFAULT 0,
  `sealed` varbinary(255) DEFAULT NULL,
  `created_at` datetime(3) NOT NULL,
  `expires_at` datetime(3) NOT NULL,
  `due_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `agreements_state` (`state`,`id`),
  KEY `agreements_due` (`due_at`),
  CONSTRAINT `agreements_four_eyes` CHECK (`answered_by` is null or `answered_by` <> `asker_id`),
  CONSTRAINT `agreements_answered` CHECK (`state` not in ('agreed','refused') or `answered_by` is not null)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `audit` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `at` datetime(3) NOT NULL,
  `actor_id` bigint(20) NOT NULL,
  `actor_role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `action` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `object_kind` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `object_id` bigint(20) NOT NULL,
  `detail` text NOT NULL,
  `request_id` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `address` varchar(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `audit_object` (`object_kind`,`object_id`,`id`),
  KEY `audit_actor` (`actor_id`,`id`),
  KEY `audit_kind` (`object_kind`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `audit_seals` (
  `id` bigint(20) NOT NULL,
  `last_id` bigint(20) NOT NULL,
  `row_count` int(11) NOT NULL,
  `hash` binary(32) NOT NULL,
  `sealed_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `bookings` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `resident_id` bigint(20) NOT NULL,
  `deputy_id` bigint(20) NOT NULL,
  `talk_id` bigint(20) NOT NULL DEFAULT 0,
  `station_id` bigint(20) NOT NULL,
  `room_id` bigint(20) NOT NULL DEFAULT 0,
  `service` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `party` tinyint(4) NOT NULL DEFAULT 1,
  `topic` varchar(80) NOT NULL DEFAULT '',
  `note` varchar(1000) NOT NULL DEFAULT '',
  `starts_at` datetime(3) NOT NULL,
  `ends_at` datetime(3) NOT NULL,
  `offer_starts_at` datetime(3) DEFAULT NULL,
  `offer_ends_at` datetime(3) DEFAULT NULL,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `waiting` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `hold_until` datetime(3) DEFAULT NULL,
  `due_at` datetime(3) DEFAULT NULL,
  `open_seat` tinyint(4) DEFAULT NULL,
  `absent_side` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `reason` varchar(400) NOT NULL DEFAULT '',
  `record` varchar(2000) NOT NULL DEFAULT '',
  `stars` tinyint(4) NOT NULL DEFAULT 0,
  `rating_text` varchar(2000) NOT NULL DEFAULT '',
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  `check_code` char(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `checked_in_at` datetime(3) DEFAULT NULL,
  `deputy_here_at` datetime(3) DEFAULT NULL,
  `displaced_at` datetime(3) DEFAULT NULL,
  `absent_at` datetime(3) DEFAULT NULL,
  `objected_at` datetime(3) DEFAULT NULL,
  `objection_state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `booked_by` bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  UNIQUE KEY `bookings_open_seat` (`resident_id`,`open_seat`),
  KEY `bookings_resident` (`resident_id`,`id`),
  KEY `bookings_deputy` (`deputy_id`,`state`,`starts_at`,`id`),
  KEY `bookings_station_day` (`station_id`,`starts_at`,`id`),
  KEY `bookings_station_state` (`station_id`,`state`,`starts_at`,`id`),
  KEY `bookings_due` (`due_at`),
  KEY `bookings_waiting` (`station_id`,`waiting`,`starts_at`,`id`),
  KEY `bookings_code` (`check_code`,`starts_at`),
  KEY `bookings_absent` (`resident_id`,`absent_side`,`starts_at`),
  KEY `bookings_talk` (`talk_id`,`id`),
  CONSTRAINT `bookings_deputy` FOREIGN KEY (`deputy_id`) REFERENCES `deputies` (`id`),
  CONSTRAINT `bookings_resident` FOREIGN KEY (`resident_id`) REFERENCES `persons` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `booking_events` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `booking_id` bigint(20) NOT NULL,
  `at` datetime(3) NOT NULL,
  `actor_id` bigint(20) NOT NULL,
  `actor_role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `command` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `from_state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `to_state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` varchar(200) NOT NULL,
  `note` varchar(2000) NOT NULL DEFAULT '',
  `old_text` varchar(200) NOT NULL DEFAULT '',
  `new_text` varchar(200) NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `booking_events_booking` (`booking_id`,`id`),
  CONSTRAINT `booking_events_booking` FOREIGN KEY (`booking_id`) REFERENCES `bookings` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `buildings` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `community_id` bigint(20) NOT NULL,
  `name` varchar(40) NOT NULL,
  `address` varchar(120) NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  UNIQUE KEY `buildings_name` (`community_id`,`name`),
  CONSTRAINT `buildings_community` FOREIGN KEY (`community_id`) REFERENCES `communities` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `calendar_days` (
  `day` date NOT NULL,
  `workday` tinyint(1) NOT NULL,
  `as_weekday` tinyint(4) NOT NULL DEFAULT -1,
  `name` varchar(20) NOT NULL DEFAULT '',
  `updated_by` bigint(20) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `calendar_feeds` (
  `deputy_id` bigint(20) NOT NULL,
  `secret_hash` binary(32) NOT NULL,
  `created_by` bigint(20) NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`deputy_id`),
  UNIQUE KEY `calendar_feeds_secret` (`secret_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `categories` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(20) NOT NULL,
  `hint` varchar(200) NOT NULL DEFAULT '',
  `department_id` bigint(20) NOT NULL DEFAULT 0,
  `days` int(11) NOT NULL DEFAULT 5,
  `urgent` tinyint(1) NOT NULL DEFAULT 0,
  `position` int(11) NOT NULL DEFAULT 0,
  `questions` text DEFAULT NULL,
  `closed_at` datetime(3) DEFAULT NULL,
  `version` int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  UNIQUE KEY `categories_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `communities` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(40) NOT NULL,
  `station_id` bigint(20) NOT NULL,
  `constituency` varchar(60) NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  UNIQUE KEY `communities_name` (`name`),
  KEY `communities_constituency` (`constituency`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `consents` (
  `person_id` bigint(20) NOT NULL,
  `template` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `credits` int(11) NOT NULL DEFAULT 0,
  `accepted` int(11) NOT NULL DEFAULT 0,
  `refused` int(11) NOT NULL DEFAULT 0,
  `spent` int(11) NOT NULL DEFAULT 0,
  `updated_at` datetime(3) NOT NULL,
  `shown` int(11) NOT NULL DEFAULT 0,
  `expired` int(11) NOT NULL DEFAULT 0,
  `prompted_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`person_id`,`template`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `consent_events` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `person_id` bigint(20) NOT NULL,
  `template` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `source` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `prompt_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `visit` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `consent_events_once` (`person_id`,`template`,`prompt_id`,`kind`),
  KEY `consent_events_recent` (`person_id`,`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `contacts` (
  `person_id` bigint(20) NOT NULL,
  `sealed` varbinary(600) NOT NULL,
  `phone_hash` binary(32) NOT NULL,
  `identity_hash` binary(32) NOT NULL,
  `recorded_by` bigint(20) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`person_id`),
  UNIQUE KEY `contacts_identity` (`identity_hash`),
  KEY `contacts_phone` (`phone_hash`),
  CONSTRAINT `contacts_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `contact_openings` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `report_id` bigint(20) NOT NULL,
  `actor_id` bigint(20) NOT NULL,
  `actor_role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `unit` varchar(60) NOT NULL,
  `reason` varchar(400) NOT NULL,
  `at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `contact_openings_report` (`report_id`,`id`),
  CONSTRAINT `contact_openings_report` FOREIGN KEY (`report_id`) REFERENCES `reports` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `content_checks` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `kind` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `matter_kind` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `matter_id` bigint(20) NOT NULL,
  `event_id` bigint(20) NOT NULL,
  `photo_id` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `person_id` bigint(20) NOT NULL,
  `station_id` bigint(20) NOT NULL,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'pending',
  `trace_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `label` int(11) NOT NULL DEFAULT 0,
  `code` int(11) NOT NULL DEFAULT 0,
  `attempts` int(11) NOT NULL DEFAULT 0,
  `reason` varchar(400) NOT NULL DEFAULT '',
  `appeal` varchar(400) NOT NULL DEFAULT '',
  `created_at` datetime(3) NOT NULL,
  `due_at` datetime(3) DEFAULT NULL,
  `asked_at` datetime(3) DEFAULT NULL,
  `answered_at` datetime(3) DEFAULT NULL,
  `queued_at` datetime(3) DEFAULT NULL,
  `appealed_at` datetime(3) DEFAULT NULL,
  `decided_at` datetime(3) DEFAULT NULL,
  `decided_by` bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  UNIQUE KEY `content_checks_what` (`matter_kind`,`matter_id`,`event_id`,`photo_id`),
  UNIQUE KEY `content_checks_trace` (`trace_id`),
  KEY `content_checks_due` (`state`,`due_at`,`id`),
  KEY `content_checks_queue` (`station_id`,`queued_at`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `departments` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(40) NOT NULL,
  `duty` varchar(120) NOT NULL DEFAULT '',
  `closed_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `departments_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `deputies` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(40) NOT NULL,
  `level` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `constituency` varchar(60) NOT NULL DEFAULT '',
  `term` varchar(40) NOT NULL DEFAULT '',
  `title` varchar(80) NOT NULL DEFAULT '',
  `bio` varchar(500) NOT NULL DEFAULT '',
  `photo_id` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `station_id` bigint(20) NOT NULL,
  `day_cap` tinyint(4) NOT NULL DEFAULT 0,
  `rules_version` bigint(20) NOT NULL DEFAULT 0,
  `closed_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `deputies_name` (`name`,`constituency`),
  KEY `deputies_station` (`station_id`,`id`),
  KEY `deputies_photo` (`photo_id`),
  CONSTRAINT `deputies_station` FOREIGN KEY (`station_id`) REFERENCES `stations` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `deputy_exceptions` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `deputy_id` bigint(20) NOT NULL,
  `kind` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `starts_at` datetime(3) NOT NULL,
  `ends_at` datetime(3) NOT NULL,
  `station_id` bigint(20) NOT NULL DEFAULT 0,
  `room_id` bigint(20) NOT NULL DEFAULT 0,
  `slot_minutes` smallint(6) NOT NULL DEFAULT 0,
  `pause_minutes` smallint(6) NOT NULL DEFAULT 0,
  `service` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `reason` varchar(400) NOT NULL DEFAULT '',
  `created_by` bigint(20) NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `deputy_exceptions_deputy` (`deputy_id`,`ends_at`),
  KEY `deputy_exceptions_station` (`station_id`,`ends_at`),
  CONSTRAINT `deputy_exceptions_deputy` FOREIGN KEY (`deputy_id`) REFERENCES `deputies` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `deputy_hours` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `deputy_id` bigint(20) NOT NULL,
  `station_id` bigint(20) NOT NULL,
  `room_id` bigint(20) NOT NULL DEFAULT 0,
  `weekday` tinyint(4) NOT NULL,
  `from_minute` smallint(6) NOT NULL,
  `to_minute` smallint(6) NOT NULL,
  `slot_minutes` smallint(6) NOT NULL,
  `pause_minutes` smallint(6) NOT NULL DEFAULT 0,
  `service` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`id`),
  KEY `deputy_hours_deputy` (`deputy_id`,`weekday`),
  KEY `deputy_hours_station` (`station_id`,`weekday`,`from_minute`),
  CONSTRAINT `deputy_hours_deputy` FOREIGN KEY (`deputy_id`) REFERENCES `deputies` (`id`),
  CONSTRAINT `deputy_hours_quarters` CHECK (`from_minute` MOD 15 = 0 and `slot_minutes` MOD 15 = 0 and `slot_minutes` > 0),
  CONSTRAINT `deputy_hours_pause` CHECK (`pause_minutes` MOD 15 = 0 and `pause_minutes` >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `deputy_services` (
  `deputy_id` bigint(20) NOT NULL,
  `service` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`deputy_id`,`service`),
  CONSTRAINT `deputy_services_deputy` FOREIGN KEY (`deputy_id`) REFERENCES `deputies` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `deputy_specialities` (
  `deputy_id` bigint(20) NOT NULL,
  `speciality_id` bigint(20) NOT NULL,
  PRIMARY KEY (`deputy_id`,`speciality_id`),
  KEY `deputy_specialities_speciality` (`speciality_id`,`deputy_id`),
  CONSTRAINT `deputy_specialities_deputy` FOREIGN KEY (`deputy_id`) REFERENCES `deputies` (`id`),
  CONSTRAINT `deputy_specialities_speciality` FOREIGN KEY (`speciality_id`) REFERENCES `specialities` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `digests` (
  `person_id` bigint(20) NOT NULL,
  `day` date NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`person_id`,`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `exports` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `person_id` bigint(20) NOT NULL,
  `list` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `filters` varchar(1000) NOT NULL,
  `scope` varchar(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `rows_done` int(11) NOT NULL DEFAULT 0,
  `rows_total` int(11) NOT NULL DEFAULT 0,
  `bytes` bigint(20) NOT NULL DEFAULT 0,
  `file` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `attempts` int(11) NOT NULL DEFAULT 0,
  `created_at` datetime(3) NOT NULL,
  `due_at` datetime(3) DEFAULT NULL,
  `ended_at` datetime(3) DEFAULT NULL,
  `expires_at` datetime(3) NOT NULL,
  `agreement_id` bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  KEY `exports_person` (`person_id`,`id`),
  KEY `exports_due` (`due_at`),
  KEY `exports_expires` (`state`,`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `found_marks` (
  `kind` tinyint(4) NOT NULL,
  `last_id` bigint(20) NOT NULL,
  PRIMARY KEY (`kind`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `found_words` (
  `station_id` bigint(20) NOT NULL,
  `kind` tinyint(4) NOT NULL,
  `gram` int(10) unsigned NOT NULL,
  `object_id` bigint(20) NOT NULL,
  PRIMARY KEY (`station_id`,`kind`,`gram`,`object_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `handovers` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `station_id` bigint(20) NOT NULL,
  `person_id` bigint(20) NOT NULL,
  `text` varchar(2000) NOT NULL,
  `reports` int(11) NOT NULL,
  `bookings` int(11) NOT NULL,
  `overdue` int(11) NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `handovers_station` (`station_id`,`id`),
  CONSTRAINT `handovers_station` FOREIGN KEY (`station_id`) REFERENCES `stations` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `handover_reads` (
  `handover_id` bigint(20) NOT NULL,
  `person_id` bigint(20) NOT NULL,
  `read_at` datetime(3) NOT NULL,
  PRIMARY KEY (`handover_id`,`person_id`),
  CONSTRAINT `handover_reads_handover` FOREIGN KEY (`handover_id`) REFERENCES `handovers` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `idempotency_keys` (
  `person_id` bigint(20) NOT NULL,
  `idem_key` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body_hash` binary(32) NOT NULL,
  `object_id` bigint(20) NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`person_id`,`idem_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `imports` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `person_id` bigint(20) NOT NULL,
  `file_name` varchar(120) NOT NULL,
  `file_hash` binary(32) NOT NULL,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `creates` int(11) NOT NULL,
  `changes` int(11) NOT NULL,
  `same` int(11) NOT NULL,
  `faults` int(11) NOT NULL,
  `book` mediumblob DEFAULT NULL,
  `created_at` datetime(3) NOT NULL,
  `expires_at` datetime(3) NOT NULL,
  `applied_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `imports_person` (`person_id`,`id`),
  KEY `imports_expires` (`state`,`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `invites` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `code_hash` binary(32) NOT NULL,
  `role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `scope_id` bigint(20) NOT NULL DEFAULT 0,
  `created_by` bigint(20) NOT NULL DEFAULT 0,
  `created_at` datetime(3) NOT NULL,
  `expires_at` datetime(3) NOT NULL,
  `used_by` bigint(20) DEFAULT NULL,
  `used_at` datetime(3) DEFAULT NULL,
  `kind` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'grant',
  `person_id` bigint(20) NOT NULL DEFAULT 0,
  `for_name` varchar(20) NOT NULL DEFAULT '',
  `withdrawn_at` datetime(3) DEFAULT NULL,
  `agreement_id` bigint(20) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  UNIQUE KEY `invites_code` (`code_hash`),
  KEY `invites_expires` (`expires_at`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `ledger_corrections` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `kind` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `object_id` bigint(20) NOT NULL,
  `person_id` bigint(20) NOT NULL,
  `role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` varchar(1000) NOT NULL,
  `reason` varchar(400) NOT NULL,
  `at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `ledger_corrections_object` (`kind`,`object_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `liaisons` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(40) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `liaisons_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `liaison_communities` (
  `liaison_id` bigint(20) NOT NULL,
  `community_id` bigint(20) NOT NULL,
  PRIMARY KEY (`liaison_id`,`community_id`),
  KEY `liaison_communities_community` (`community_id`,`liaison_id`),
  CONSTRAINT `liaison_communities_community` FOREIGN KEY (`community_id`) REFERENCES `communities` (`id`),
  CONSTRAINT `liaison_communities_liaison` FOREIGN KEY (`liaison_id`) REFERENCES `liaisons` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `liaison_deputies` (
  `liaison_id` bigint(20) NOT NULL,
  `deputy_id` bigint(20) NOT NULL,
  PRIMARY KEY (`liaison_id`,`deputy_id`),
  KEY `liaison_deputies_deputy` (`deputy_id`,`liaison_id`),
  CONSTRAINT `liaison_deputies_deputy` FOREIGN KEY (`deputy_id`) REFERENCES `deputies` (`id`),
  CONSTRAINT `liaison_deputies_liaison` FOREIGN KEY (`liaison_id`) REFERENCES `liaisons` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `name_versions` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `kind` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `object_id` bigint(20) NOT NULL,
  `name` varchar(80) NOT NULL,
  `until` datetime(3) NOT NULL,
  `changed_by` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `name_versions_object` (`kind`,`object_id`,`until`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `needs` (
  `word` varchar(20) NOT NULL,
  `speciality_id` bigint(20) NOT NULL,
  `position` int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (`word`,`speciality_id`),
  KEY `needs_speciality` (`speciality_id`),
  CONSTRAINT `needs_speciality` FOREIGN KEY (`speciality_id`) REFERENCES `specialities` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `notices` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `person_id` bigint(20) NOT NULL,
  `matter_kind` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `matter_id` bigint(20) NOT NULL,
  `title` varchar(120) NOT NULL,
  `body` varchar(500) NOT NULL,
  `page` varchar(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` datetime(3) NOT NULL,
  `read_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `notices_person` (`person_id`,`id`),
  KEY `notices_unread` (`person_id`,`read_at`),
  KEY `notices_matter` (`person_id`,`matter_kind`,`matter_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `notify_settings` (
  `person_id` bigint(20) NOT NULL,
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `push` tinyint(1) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`person_id`,`kind`),
  KEY `notify_settings_updated` (`updated_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `occupancy` (
  `kind` tinyint(4) NOT NULL,
  `resource_id` bigint(20) NOT NULL,
  `quarter` int(11) NOT NULL,
  `holder_kind` tinyint(4) NOT NULL DEFAULT 1,
  `holder_id` bigint(20) NOT NULL,
  `expires_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`kind`,`resource_id`,`quarter`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `office` (
  `id` tinyint(4) NOT NULL,
  `street` varchar(40) NOT NULL,
  `updated_by` bigint(20) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `office_turns` (
  `id` tinyint(4) NOT NULL,
  `turn` bigint(20) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `official_followers` (
  `openid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `unionid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `followed_at` datetime(3) DEFAULT NULL,
  `left_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`openid`),
  KEY `official_followers_unionid` (`unionid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `outbox` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `person_id` bigint(20) NOT NULL,
  `matter_kind` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `matter_id` bigint(20) NOT NULL,
  `template` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `payload` text NOT NULL,
  `page` varchar(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` char(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'waiting',
  `due_at` datetime(3) NOT NULL,
  `attempts` int(11) NOT NULL DEFAULT 0,
  `attempted_at` datetime(3) NOT NULL DEFAULT '2000-01-01 00:00:00.000',
  `done_at` datetime(3) NOT NULL DEFAULT '2000-01-01 00:00:00.000',
  `code` int(11) NOT NULL DEFAULT 0,
  `reason` varchar(200) NOT NULL DEFAULT '',
  `created_at` datetime(3) NOT NULL,
  `channel` char(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `told_at` datetime(3) DEFAULT NULL,
  `msg_id` bigint(20) NOT NULL DEFAULT 0,
  `failed_by` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `good_until` datetime(3) DEFAULT NULL,
  `tried_since` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `outbox_due` (`state`,`due_at`,`id`),
  KEY `outbox_matter` (`matter_kind`,`matter_id`,`person_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `outbox_busy` (
  `person_id` bigint(20) NOT NULL,
  `outbox_id` bigint(20) NOT NULL,
  `lot` bigint(20) NOT NULL,
  `lease_until` datetime(3) NOT NULL,
  PRIMARY KEY (`person_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `outbox_lots` (
  `id` bigint(20) NOT NULL,
  `reached` bigint(20) NOT NULL,
  `claimed_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `persons` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `openid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `unionid` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `name` varchar(40) NOT NULL DEFAULT '',
  `sealed_name` varbinary(160) DEFAULT NULL,
  `name_hash` binary(32) DEFAULT NULL,
  `created_at` datetime(3) NOT NULL,
  `no_wechat` tinyint(1) NOT NULL DEFAULT 0,
  `no_official` tinyint(1) NOT NULL DEFAULT 0,
  `deleted_at` datetime(3) DEFAULT NULL,
  `worked` tinyint(1) NOT NULL DEFAULT 0,
  `joined_to` bigint(20) NOT NULL DEFAULT 0,
  `channels_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `persons_openid` (`openid`),
  KEY `persons_unionid` (`unionid`),
  KEY `persons_name` (`name`),
  KEY `persons_name_hash` (`name_hash`),
  KEY `persons_joined` (`joined_to`),
  KEY `persons_channels` (`channels_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `person_roles` (
  `person_id` bigint(20) NOT NULL,
  `role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `scope_id` bigint(20) NOT NULL DEFAULT 0,
  `granted_by` bigint(20) NOT NULL DEFAULT 0,
  `granted_at` datetime(3) NOT NULL,
  PRIMARY KEY (`person_id`,`role`,`scope_id`),
  KEY `person_roles_scope` (`role`,`scope_id`,`person_id`),
  CONSTRAINT `person_roles_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `photos` (
  `id` char(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `owner_id` bigint(20) NOT NULL,
  `report_id` bigint(20) NOT NULL DEFAULT 0,
  `event_id` bigint(20) NOT NULL DEFAULT 0,
  `position` tinyint(4) NOT NULL DEFAULT 0,
  `stage` varchar(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'ready',
  `width` int(11) NOT NULL,
  `height` int(11) NOT NULL,
  `bytes` int(11) NOT NULL,
  `reason` varchar(200) NOT NULL DEFAULT '',
  `cover` varchar(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `cover_id` char(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `cover_ready` tinyint(1) NOT NULL DEFAULT 1,
  `created_at` datetime(3) NOT NULL,
  `attempts` int(11) NOT NULL DEFAULT 0,
  `due_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `photos_report` (`report_id`,`event_id`,`position`),
  KEY `photos_owner` (`owner_id`,`report_id`,`created_at`),
  KEY `photos_due` (`due_at`,`id`),
  KEY `photos_loose` (`report_id`,`created_at`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `photo_removals` (
  `photo_id` char(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `due_at` datetime(3) NOT NULL,
  `until` datetime(3) NOT NULL,
  PRIMARY KEY (`photo_id`),
  KEY `photo_removals_due` (`due_at`,`photo_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `presets` (
  `name` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `value` int(11) NOT NULL,
  `updated_by` bigint(20) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `proxy_consents` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `person_id` bigint(20) NOT NULL,
  `matter_kind` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `matter_id` bigint(20) NOT NULL,
  `recorded_by` bigint(20) NOT NULL,
  `words` varchar(200) NOT NULL,
  `at` datetime(3) NOT NULL,
  `version` smallint(6) NOT NULL DEFAULT 1,
  `how` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'face',
  PRIMARY KEY (`id`),
  KEY `proxy_consents_matter` (`matter_kind`,`matter_id`),
  KEY `proxy_consents_person` (`person_id`,`id`),
  KEY `proxy_consents_recorder` (`recorded_by`,`matter_kind`,`matter_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `quick_texts` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `command` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `label` varchar(20) NOT NULL,
  `text` varchar(200) NOT NULL,
  `position` int(11) NOT NULL DEFAULT 0,
  `updated_by` bigint(20) NOT NULL DEFAULT 0,
  `updated_at` datetime(3) DEFAULT NULL,
  `closed_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `quick_texts_command` (`command`,`position`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `recovery_codes` (
  `person_id` bigint(20) NOT NULL,
  `hash` binary(32) NOT NULL,
  `used_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`person_id`,`hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `reports` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `reporter_id` bigint(20) NOT NULL,
  `category_id` bigint(20) NOT NULL,
  `station_id` bigint(20) NOT NULL,
  `community_id` bigint(20) NOT NULL DEFAULT 0,
  `deputy_id` bigint(20) NOT NULL DEFAULT 0,
  `place_text` varchar(200) NOT NULL DEFAULT '',
  `lat` double DEFAULT NULL,
  `lng` double DEFAULT NULL,
  `body` text NOT NULL,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `waiting` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `department_id` bigint(20) NOT NULL DEFAULT 0,
  `outcome` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `outcome_text` varchar(2000) NOT NULL DEFAULT '',
  `due_from` datetime(3) DEFAULT NULL,
  `due_at` datetime(3) DEFAULT NULL,
  `supervised_at` datetime(3) DEFAULT NULL,
  `reopened_count` int(11) NOT NULL DEFAULT 0,
  `resolved_by` bigint(20) NOT NULL DEFAULT 0,
  `stars` tinyint(4) NOT NULL DEFAULT 0,
  `rating_text` varchar(2000) NOT NULL DEFAULT '',
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  `paused_at` datetime(3) DEFAULT NULL,
  `extend_days` smallint(6) NOT NULL DEFAULT 0,
  `suggested_at` datetime(3) DEFAULT NULL,
  `merged_into` bigint(20) NOT NULL DEFAULT 0,
  `split_from` bigint(20) NOT NULL DEFAULT 0,
  `clock_at` datetime(3) DEFAULT NULL,
  `clock_step` tinyint(4) NOT NULL DEFAULT 0,
  `place_key` varchar(20) NOT NULL DEFAULT '',
  `cell` bigint(20) DEFAULT NULL,
  `chain_length` int(11) NOT NULL DEFAULT 0,
  `head` binary(32) DEFAULT NULL,
  `changed_at` datetime(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
  `contact_hidden` tinyint(1) NOT NULL DEFAULT 1,
  `subjects` varchar(400) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `relay_at` datetime(3) DEFAULT NULL,
  `proxy_id` bigint(20) NOT NULL DEFAULT 0,
  `proxy_role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `proxy_tells` tinyint(1) NOT NULL DEFAULT 0,
  `building` varchar(40) NOT NULL DEFAULT '',
  `answers` text DEFAULT NULL,
  `solved_at` datetime(3) DEFAULT NULL,
  `place_written` varchar(200) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `reports_reporter` (`reporter_id`,`id`),
  KEY `reports_desk` (`station_id`,`waiting`,`due_at`,`id`),
  KEY `reports_department` (`department_id`,`waiting`,`due_at`,`id`),
  KEY `reports_community` (`community_id`,`id`),
  KEY `reports_deputy` (`deputy_id`,`id`),
  KEY `reports_clock` (`clock_at`),
  KEY `reports_merged` (`merged_into`),
  KEY `reports_place` (`category_id`,`community_id`,`place_key`,`created_at`),
  KEY `reports_cell` (`category_id`,`cell`,`created_at`),
  KEY `reports_month` (`station_id`,`created_at`,`id`),
  CONSTRAINT `reports_category` FOREIGN KEY (`category_id`) REFERENCES `categories` (`id`),
  CONSTRAINT `reports_reporter` FOREIGN KEY (`reporter_id`) REFERENCES `persons` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `report_events` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `report_id` bigint(20) NOT NULL,
  `at` datetime(3) NOT NULL,
  `actor_id` bigint(20) NOT NULL,
  `actor_role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `command` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `from_state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `to_state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` varchar(200) NOT NULL,
  `note` varchar(2000) NOT NULL DEFAULT '',
  `seq` int(11) NOT NULL DEFAULT 0,
  `salt` binary(16) DEFAULT NULL,
  `digest` binary(32) DEFAULT NULL,
  `hash` binary(32) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `report_events_report` (`report_id`,`id`),
  CONSTRAINT `report_events_report` FOREIGN KEY (`report_id`) REFERENCES `reports` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `report_followers` (
  `report_id` bigint(20) NOT NULL,
  `person_id` bigint(20) NOT NULL,
  `via` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `followed_at` datetime(3) NOT NULL,
  PRIMARY KEY (`report_id`,`person_id`),
  KEY `report_followers_person` (`person_id`,`report_id`),
  CONSTRAINT `report_followers_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`),
  CONSTRAINT `report_followers_report` FOREIGN KEY (`report_id`) REFERENCES `reports` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `report_holders` (
  `report_id` bigint(20) NOT NULL,
  `person_id` bigint(20) NOT NULL,
  `since` datetime(3) NOT NULL,
  PRIMARY KEY (`report_id`),
  KEY `report_holders_person` (`person_id`,`report_id`),
  CONSTRAINT `report_holders_person` FOREIGN KEY (`person_id`) REFERENCES `persons` (`id`),
  CONSTRAINT `report_holders_report` FOREIGN KEY (`report_id`) REFERENCES `reports` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `report_months` (
  `month` date NOT NULL,
  `station_id` bigint(20) NOT NULL,
  `kind` tinyint(4) NOT NULL,
  `object_id` bigint(20) NOT NULL,
  `received` int(11) NOT NULL,
  `solved` int(11) NOT NULL,
  `open_count` int(11) NOT NULL,
  `reopened` int(11) NOT NULL,
  `rated` int(11) NOT NULL,
  `stars` int(11) NOT NULL,
  `waits` text CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`month`,`station_id`,`kind`,`object_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `report_parts` (
  `report_id` bigint(20) NOT NULL,
  `department_id` bigint(20) NOT NULL,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `asked_at` datetime(3) NOT NULL,
  PRIMARY KEY (`report_id`,`department_id`),
  KEY `report_parts_department` (`department_id`,`state`,`report_id`),
  CONSTRAINT `report_parts_department` FOREIGN KEY (`department_id`) REFERENCES `departments` (`id`),
  CONSTRAINT `report_parts_report` FOREIGN KEY (`report_id`) REFERENCES `reports` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `rooms` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `station_id` bigint(20) NOT NULL,
  `name` varchar(40) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `rooms_name` (`station_id`,`name`),
  CONSTRAINT `rooms_station` FOREIGN KEY (`station_id`) REFERENCES `stations` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `roster_phones` (
  `kind` tinyint(4) NOT NULL,
  `object_id` bigint(20) NOT NULL,
  `sealed` varbinary(600) NOT NULL,
  `phone_hash` binary(32) NOT NULL,
  `one_of` tinyint(4) DEFAULT NULL,
  `updated_by` bigint(20) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`kind`,`object_id`),
  UNIQUE KEY `roster_phones_one` (`one_of`,`phone_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `second_factors` (
  `person_id` bigint(20) NOT NULL,
  `sealed` varbinary(255) DEFAULT NULL,
  `confirmed_at` datetime(3) DEFAULT NULL,
  `last_step` bigint(20) NOT NULL DEFAULT 0,
  `used_at` datetime(3) DEFAULT NULL,
  `failures` int(11) NOT NULL DEFAULT 0,
  `failing_since` datetime(3) DEFAULT NULL,
  `pending` varbinary(255) DEFAULT NULL,
  `pending_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`person_id`),
  CONSTRAINT `second_factors_whole` CHECK (`sealed` is null = (`confirmed_at` is null))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `setup_ticks` (
  `step` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `ticked_by` bigint(20) NOT NULL,
  `ticked_at` datetime(3) NOT NULL,
  PRIMARY KEY (`step`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `specialities` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `specialities_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `stations` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `parent_id` bigint(20) NOT NULL DEFAULT 0,
  `kind` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` varchar(60) NOT NULL,
  `address` varchar(120) NOT NULL,
  `hours` varchar(120) NOT NULL DEFAULT '',
  `phone` varchar(20) NOT NULL DEFAULT '',
  `lat` double DEFAULT NULL,
  `lng` double DEFAULT NULL,
  `closed_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `stations_name` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `statistics_marks` (
  `id` tinyint(4) NOT NULL,
  `last_event_id` bigint(20) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `talks` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `deputy_id` bigint(20) NOT NULL,
  `station_id` bigint(20) NOT NULL,
  `room_id` bigint(20) NOT NULL DEFAULT 0,
  `community_id` bigint(20) NOT NULL DEFAULT 0,
  `place_text` varchar(200) NOT NULL DEFAULT '',
  `topic` varchar(80) NOT NULL,
  `intro` varchar(2000) NOT NULL DEFAULT '',
  `wish` varchar(200) NOT NULL DEFAULT '',
  `seats` smallint(6) NOT NULL,
  `starts_at` datetime(3) DEFAULT NULL,
  `ends_at` datetime(3) DEFAULT NULL,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `proposed_by` bigint(20) NOT NULL,
  `reason` varchar(400) NOT NULL DEFAULT '',
  `record` varchar(4000) NOT NULL DEFAULT '',
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `talks_state` (`state`,`starts_at`,`id`),
  KEY `talks_deputy` (`deputy_id`,`state`,`starts_at`,`id`),
  KEY `talks_station` (`station_id`,`state`,`starts_at`,`id`),
  KEY `talks_community` (`community_id`,`state`,`starts_at`,`id`),
  CONSTRAINT `talks_deputy` FOREIGN KEY (`deputy_id`) REFERENCES `deputies` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `talk_events` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `talk_id` bigint(20) NOT NULL,
  `at` datetime(3) NOT NULL,
  `actor_id` bigint(20) NOT NULL,
  `actor_role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `command` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `from_state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `to_state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `text` varchar(200) NOT NULL,
  `note` varchar(2000) NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `talk_events_talk` (`talk_id`,`id`),
  CONSTRAINT `talk_events_talk` FOREIGN KEY (`talk_id`) REFERENCES `talks` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `token_forces` (
  `account` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `forced_at` datetime(3) NOT NULL,
  PRIMARY KEY (`account`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `unmet_needs` (
  `word` varchar(40) NOT NULL,
  `times` int(11) NOT NULL,
  `first_at` datetime(3) NOT NULL,
  `last_at` datetime(3) NOT NULL,
  PRIMARY KEY (`word`),
  KEY `unmet_needs_times` (`times`,`last_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `visits` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `person_id` bigint(20) NOT NULL,
  `role` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `community_id` bigint(20) NOT NULL,
  `station_id` bigint(20) NOT NULL,
  `deputy_id` bigint(20) NOT NULL DEFAULT 0,
  `visited_at` datetime(3) NOT NULL,
  `place_text` varchar(200) NOT NULL,
  `whom` varchar(80) NOT NULL,
  `heard` varchar(2000) NOT NULL,
  `client_key` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `visits_key` (`person_id`,`client_key`),
  KEY `visits_person` (`person_id`,`id`),
  KEY `visits_community` (`community_id`,`id`),
  KEY `visits_station` (`station_id`,`visited_at`,`id`),
  CONSTRAINT `visits_community` FOREIGN KEY (`community_id`) REFERENCES `communities` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `visit_reports` (
  `visit_id` bigint(20) NOT NULL,
  `report_id` bigint(20) NOT NULL,
  `linked_at` datetime(3) NOT NULL,
  PRIMARY KEY (`visit_id`,`report_id`),
  KEY `visit_reports_report` (`report_id`),
  CONSTRAINT `visit_reports_report` FOREIGN KEY (`report_id`) REFERENCES `reports` (`id`),
  CONSTRAINT `visit_reports_visit` FOREIGN KEY (`visit_id`) REFERENCES `visits` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `waits` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `resident_id` bigint(20) NOT NULL,
  `deputy_id` bigint(20) NOT NULL,
  `talk_id` bigint(20) NOT NULL DEFAULT 0,
  `station_id` bigint(20) NOT NULL,
  `room_id` bigint(20) NOT NULL DEFAULT 0,
  `service` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `party` tinyint(4) NOT NULL DEFAULT 1,
  `topic` varchar(80) NOT NULL DEFAULT '',
  `note` varchar(1000) NOT NULL DEFAULT '',
  `starts_at` datetime(3) NOT NULL,
  `ends_at` datetime(3) NOT NULL,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `live` tinyint(4) DEFAULT NULL,
  `offer_until` datetime(3) DEFAULT NULL,
  `due_at` datetime(3) DEFAULT NULL,
  `booking_id` bigint(20) NOT NULL DEFAULT 0,
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `waits_once` (`resident_id`,`deputy_id`,`starts_at`,`live`),
  KEY `waits_line` (`deputy_id`,`starts_at`,`live`,`id`),
  KEY `waits_due` (`due_at`),
  KEY `waits_resident` (`resident_id`,`id`),
  CONSTRAINT `waits_resident` FOREIGN KEY (`resident_id`) REFERENCES `persons` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE `wechat_events` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `account` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `once` binary(32) NOT NULL,
  `payload` text NOT NULL,
  `attempts` int(11) NOT NULL DEFAULT 0,
  `due_at` datetime(3) DEFAULT NULL,
  `created_at` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `wechat_events_once` (`once`),
  KEY `wechat_events_due` (`due_at`),
  KEY `wechat_events_created` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
