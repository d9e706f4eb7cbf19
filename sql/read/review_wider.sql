-- What all mails of a subject have in common, with others too: their network, source, sender's domain.
WITH
hit AS MATERIALIZED (
  SELECT c.key, so.name AS source, so.kind AS source_kind, d.name AS domain
  FROM fact_mail m
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
SELECT 2 AS rank, 'network' AS kind, NULL AS text,
    CASE substr(key, 1, 12) WHEN x'00000000000000000000ffff' THEN substr(key, 1, 15) ELSE substr(key, 1, 8) END AS prefix,
    count(*) AS mails FROM hit
  WHERE key IS NOT NULL AND :kind = 'ip' GROUP BY prefix HAVING count(*) = (SELECT count(*) FROM hit)
UNION ALL SELECT 3, 'source', source, NULL, count(*) FROM hit
  WHERE source_kind = 'org' AND :kind IN ('sender', 'ip', 'network') GROUP BY source HAVING count(*) = (SELECT count(*) FROM hit)
UNION ALL SELECT 4, 'domain', domain, NULL, count(*) FROM hit
  WHERE domain <> '' AND :kind <> 'domain' GROUP BY domain HAVING count(*) = (SELECT count(*) FROM hit)
ORDER BY rank, mails DESC, 3
LIMIT :limit
