INSERT INTO roll_hour (rule, hour, attempts) SELECT c1, c2, c3 FROM bulk(:rows) WHERE true
ON CONFLICT (rule, hour) DO UPDATE SET attempts = attempts + excluded.attempts
