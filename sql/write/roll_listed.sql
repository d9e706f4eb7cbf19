INSERT INTO roll_listed (source, day, attempts) VALUES (:source, :day, :attempts)
ON CONFLICT (source, day) DO UPDATE SET attempts = attempts + excluded.attempts
