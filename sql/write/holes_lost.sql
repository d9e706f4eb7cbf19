-- What a damaged database covered, and this one does not. Of one that could not be read nobody knows that.
INSERT INTO hole (host, from_time, to_time, cause, derived)
SELECT h.id, l.first_time, min(l.last_time, coalesce(h.first_time, l.last_time)), 'lost with a damaged database', 1
FROM lost l LEFT JOIN (SELECT o.id, o.name, min(p.first_time) AS first_time FROM host o JOIN span p ON p.host = o.id GROUP BY o.id) h
  ON h.name = l.host
WHERE l.host IS NOT NULL AND (h.first_time IS NULL OR l.first_time < h.first_time)
UNION ALL
SELECT h.id, max(l.first_time, h.last_time), l.last_time, 'lost with a damaged database', 1
FROM lost l JOIN (SELECT o.id, o.name, max(p.last_time) AS last_time FROM host o JOIN span p ON p.host = o.id GROUP BY o.id) h
  ON h.name = l.host
WHERE l.last_time > h.last_time
UNION ALL
SELECT NULL, NULL, (SELECT min(first_stamp) FROM generation), 'lost with a damaged database', 1
FROM lost l WHERE l.host IS NULL
ORDER BY 1, 2
