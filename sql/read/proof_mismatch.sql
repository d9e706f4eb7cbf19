-- Refused on 465 or 587 because the login does not own the sender, by the sender's folded address.
WITH texts AS MATERIALIZED (SELECT id FROM text WHERE instr(text, 'not owned by user'))
SELECT coalesce(sa.fold, sa.id), sum(a.count)
FROM fact_attempt a
JOIN dim_line k ON k.id = a.line
JOIN service s ON s.id = k.service
JOIN address sa ON sa.id = a.sender
WHERE EXISTS (SELECT 1 FROM texts) AND a.text IN (SELECT id FROM texts) AND NOT k.flags & 21
  AND (s.name LIKE '%submission%' OR s.name LIKE '%smtps%' OR instr(s.name, '/') = 0)
  AND a.time >= :since AND a.time < :until
GROUP BY 1
ORDER BY 1
