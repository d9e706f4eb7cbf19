-- The same time of one host in two streams: counted twice, or not the same log at all. Rotation may cost a second or two.
INSERT INTO hole (host, gen, from_time, to_time, cause, derived)
SELECT a.host, b.gen, max(a.first_time, b.first_time), min(a.last_time, b.last_time), 'overlap', 1
FROM span a JOIN span b ON a.host = b.host AND a.gen < b.gen
WHERE min(a.last_time, b.last_time) - max(a.first_time, b.first_time) > 2000000
ORDER BY 1, 2, 3
