INSERT INTO roll_loose (tx, rule, host, attempts, first_time, last_time) SELECT c1, c2, c3, c4, c5, c6 FROM bulk(:rows) WHERE true
ON CONFLICT (tx, rule) DO UPDATE SET attempts = attempts + excluded.attempts,
  first_time = min(first_time, excluded.first_time), last_time = max(last_time, excluded.last_time)
