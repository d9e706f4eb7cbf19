-- The newest warnings of a rule about mails of a subject.
SELECT a.place
FROM fact_attempt a
JOIN dim_line k ON k.id = a.line
JOIN client c ON c.id = a.client
JOIN dim_source so ON so.id = c.source
LEFT JOIN address sa ON sa.id = a.sender
LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
LEFT JOIN domain d ON d.id = sa.domain
WHERE k.flags & 1
  AND a.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  AND (:source IS NULL OR so.name = :source)
  AND CASE :kind
    WHEN 'sender' THEN fa.text = :subject
    WHEN 'source' THEN so.name = :subject
    WHEN 'domain' THEN d.name = :subject OR substr(d.name, -length(:subject) - 1) = '.' || :subject
    ELSE CAST(:low AS BLOB) <= c.key AND c.key <= CAST(:high AS BLOB) END
ORDER BY a.time DESC, a.place DESC
LIMIT :limit
