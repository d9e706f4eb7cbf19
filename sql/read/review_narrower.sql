-- What a subject's mails have apart, to be a subject of its own: senders, addresses, networks, sources. text is null for
-- an address and a network, key is then its first 16, or 15 or 8, bytes.
WITH
hit AS MATERIALIZED (
  SELECT m.id, fa.text AS sender, c.key, so.name AS source, so.kind AS source_kind, f.loses AS lost
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
SELECT * FROM (SELECT 'sender' AS kind, sender AS text, NULL AS key, count(*) AS mails, sum(lost) AS lost FROM hit
  WHERE sender <> '' AND typeof(sender) = 'text' AND :kind <> 'sender' GROUP BY sender
UNION ALL SELECT 'ip', NULL, key, count(*), sum(lost) FROM hit
  WHERE key IS NOT NULL AND :kind NOT IN ('sender', 'ip') GROUP BY key
UNION ALL SELECT 'network', NULL,
    CASE substr(key, 1, 12) WHEN x'00000000000000000000ffff' THEN substr(key, 1, 15) ELSE substr(key, 1, 8) END AS prefix,
    count(*), sum(lost) FROM hit
  WHERE key IS NOT NULL AND :kind IN ('source', 'domain') GROUP BY prefix
UNION ALL SELECT 'source', source, NULL, count(*), sum(lost) FROM hit
  WHERE source_kind = 'org' AND :kind = 'domain' GROUP BY source
  )
ORDER BY lost DESC, mails DESC, kind = 'sender', kind = 'ip', kind, text, key
LIMIT :limit
