-- What is missing, in the order of time.
SELECT ho.name AS host, h.cause, h.from_time, h.to_time, coalesce(h.lines, 0) AS lines
FROM hole h LEFT JOIN host ho ON ho.id = h.host
ORDER BY h.from_time, ho.name, h.cause
