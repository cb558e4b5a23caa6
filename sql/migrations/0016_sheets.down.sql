ALTER TABLE deputy_hours DROP KEY deputy_hours_station;
