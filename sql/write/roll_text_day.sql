INSERT INTO roll_text_day (text, day, attempts) SELECT c1, c2, c3 FROM bulk(:rows) WHERE true
ON CONFLICT (text, day) DO UPDATE SET attempts = attempts + excluded.attempts
