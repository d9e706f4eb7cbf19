-- Warnings of a rule that a canary caused: it proves life, and what the rule says.
SELECT h.name AS host, a.time, x.text, a.count
FROM roll_line l
JOIN fact_attempt a ON a.place = l.place
JOIN dim_line k ON k.id = a.line
JOIN host h ON h.id = k.host
JOIN word w ON w.id = k.action
JOIN text x ON x.id = a.text
JOIN dim_rule r ON r.id = x.rule
WHERE l.sort = 1 AND r.name = :rule
  AND (w.text IN ('warn', 'warning', 'reject_warning') OR w.text LIKE '%-warning') AND NOT k.flags & 4
  AND a.time >= :from AND a.time <= :to
ORDER BY a.place
