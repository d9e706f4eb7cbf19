INSERT INTO span (gen, host, first_time, last_time, lines) SELECT c1, c2, c3, c4, c5 FROM bulk(:rows) WHERE true
ON CONFLICT (gen, host) DO UPDATE SET first_time = min(first_time, excluded.first_time),
  last_time = max(last_time, excluded.last_time), lines = lines + excluded.lines
