-- All that the sums take from an action line.
SELECT a.time, k.host, k.action, k.code, k.dsn, k.flags, coalesce(c.source, 0) AS source, a.text, x.rule, x.listed,
  coalesce(s.domain, 0) AS domain, a.count
FROM fact_attempt a
JOIN dim_line k ON k.id = a.line
JOIN text x ON x.id = a.text
LEFT JOIN client c ON c.id = a.client
LEFT JOIN address s ON s.id = a.sender
ORDER BY a.place
