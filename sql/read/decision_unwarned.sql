-- The last day on which a host took mail of an own domain from outside without a warning, before it ever warned.
SELECT h.name AS host, max(s.day) AS day
FROM sighting s
JOIN dim_rule ru ON ru.name = :rule
JOIN host h ON h.id = s.host
JOIN client c ON c.id = s.client
JOIN dim_source so ON so.id = c.source
JOIN (SELECT r.host, r.rule, min(r.day) AS day FROM roll_domain_day r WHERE r.warned > 0 GROUP BY r.host, r.rule) first
  ON first.host = s.host AND first.rule = ru.id
WHERE s.kind = 0 AND so.kind <> 'inside' AND s.rules >> ru.id & 1 = 0 AND s.day < first.day
GROUP BY h.name
ORDER BY h.name
