INSERT INTO roll_text_day (text, day, attempts) VALUES (:text, :day, :attempts)
ON CONFLICT (text, day) DO UPDATE SET attempts = attempts + excluded.attempts
