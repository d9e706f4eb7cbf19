INSERT INTO roll_hour (rule, hour, attempts) VALUES (:rule, :hour, :attempts)
ON CONFLICT (rule, hour) DO UPDATE SET attempts = attempts + excluded.attempts
