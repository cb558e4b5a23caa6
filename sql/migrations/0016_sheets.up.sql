-- A station's duty rota is read for its wall sheet.
ALTER TABLE deputy_hours ADD KEY deputy_hours_station (station_id, weekday, from_minute);
