INSERT INTO roll_place (gen, hour, place) SELECT c1, c2, c3 FROM bulk(:rows) WHERE true
ON CONFLICT (gen, hour) DO UPDATE SET place = min(place, excluded.place)
