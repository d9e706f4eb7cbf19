-- Whose mails a verdict on a subject would cover: one row a source, :except first, then the heaviest.
WITH
hit AS MATERIALIZED (
  SELECT m.id, so.name AS source, so.kind, q.fate, f.loses AS lost
  FROM (SELECT r.mail, min(r.fate) AS fate FROM fact_recipient r
        WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
        GROUP BY r.mail) q
  JOIN fact_mail m ON m.id = q.mail
  JOIN fate f ON f.id = q.fate
  JOIN client c ON c.id = m.client
  JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = m.sender
  LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
  LEFT JOIN domain d ON d.id = sa.domain
  WHERE CASE :kind
    WHEN 'sender' THEN fa.text = :subject
    WHEN 'source' THEN so.name = :subject
    WHEN 'domain' THEN d.name = :subject OR substr(d.name, -length(:subject) - 1) = '.' || :subject
    ELSE CAST(:low AS BLOB) <= c.key AND c.key <= CAST(:high AS BLOB) END)
SELECT source, min(kind) AS kind, count(*) AS mails, sum(lost) AS lost, sum(fate = 6) AS refused, sum(fate = 5) AS spam,
  sum(NOT lost AND fate NOT IN (5, 6)) AS rest
FROM hit
GROUP BY source
ORDER BY source = :except DESC, lost DESC, mails DESC, source
