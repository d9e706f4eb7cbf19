-- Which stretch of each host's log a damaged database held.
SELECT CAST(h.name AS TEXT) AS host, min(p.first_time) AS first_time, max(p.last_time) AS last_time
FROM span p JOIN host h ON h.id = p.host GROUP BY h.name
