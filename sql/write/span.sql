INSERT INTO span (gen, host, first_time, last_time, lines) VALUES (:gen, :host, :first_time, :last_time, :lines)
ON CONFLICT (gen, host) DO UPDATE SET first_time = min(first_time, excluded.first_time),
  last_time = max(last_time, excluded.last_time), lines = lines + excluded.lines
