DROP TABLE office_turns;
