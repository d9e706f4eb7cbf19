-- How each text was used: by which action, and whether as a warning that counts (those first). A template's is as it
-- stood in the log, its words put back.
WITH used AS (SELECT DISTINCT a.text AS text, a.line AS line FROM fact_attempt a JOIN text x ON x.id = a.text WHERE x.template % 2 = 0)
SELECT DISTINCT x.id AS text, x.template % 2 AS template, x.rule AS rule, k.action AS action, w.text AS word,
  k.flags & 4 AS suspect, k.flags & 5 = 1 AS warns, x.text AS said
FROM used u JOIN text x ON x.id = u.text JOIN dim_line k ON k.id = u.line JOIN word w ON w.id = k.action
UNION ALL
SELECT DISTINCT x.id, 1, x.rule, k.action, w.text, k.flags & 4, k.flags & 5 = 1,
  replace(replace(replace(replace(replace(x.text,
    char(1) || 'S', coalesce(sa.text, '')), char(1) || 'R', coalesce(ra.text, '')),
    char(1) || 'C', c.name), char(1) || 'I', c.ip), char(1) || 'H', coalesce(hw.text, ''))
FROM text x
JOIN fact_attempt a ON a.text = x.id
JOIN dim_line k ON k.id = a.line
JOIN word w ON w.id = k.action
JOIN client c ON c.id = a.client
LEFT JOIN word hw ON hw.id = a.helo
LEFT JOIN address sa ON sa.id = a.sender
LEFT JOIN address ra ON ra.id = a.recipient
WHERE x.template % 2 = 1
ORDER BY text, warns DESC, action, suspect
