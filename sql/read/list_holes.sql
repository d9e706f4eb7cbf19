-- What is missing from the log, and why. Without a host it holds for all hosts of the stream.
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', h.from_time / 1000000, 'unixepoch') AS from_time,
  strftime('%Y-%m-%dT%H:%M:%SZ', h.to_time / 1000000, 'unixepoch') AS to_time, ho.name AS host, h.cause, h.lines,
  g.path_hint AS file
FROM hole h LEFT JOIN host ho ON ho.id = h.host LEFT JOIN generation g ON g.gen = h.gen
WHERE (:since IS NULL OR h.to_time >= :since) AND (:until IS NULL OR h.from_time < :until)
ORDER BY h.from_time, ho.name, h.cause
LIMIT :limit
