INSERT INTO roll_listed (source, day, attempts) SELECT c1, c2, c3 FROM bulk(:rows) WHERE true
ON CONFLICT (source, day) DO UPDATE SET attempts = attempts + excluded.attempts
