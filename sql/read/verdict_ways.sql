-- Mails of a subject by network and evidence. narrower, wider: would-be-lost mails that a narrower, a wider verdict than
-- one on this subject decides. A sender and a client of many mails are judged once, as the view mail_verdict judges each mail.
WITH
hit AS MATERIALIZED (
  SELECT m.id, m.sender, m.client, c.key, m.spf, m.dkim, m.dmarc,
    EXISTS (SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate WHERE r.mail = m.id AND f.loses) AS lost
  FROM fact_mail m
  JOIN client c ON c.id = m.client
  JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = m.sender
  LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
  LEFT JOIN domain d ON d.id = sa.domain
  WHERE (:since IS NULL OR m.first_time > :since)
    AND CASE :kind
      WHEN 'sender' THEN fa.text = :subject
      WHEN 'source' THEN so.name = :subject
      WHEN 'domain' THEN d.name = :subject OR substr(d.name, -length(:subject) - 1) = '.' || :subject
      ELSE CAST(:low AS BLOB) <= c.key AND c.key <= CAST(:high AS BLOB) END),
judged AS MATERIALIZED (
  SELECT w.sender, w.client, (SELECT mv.verdict FROM mail_verdict mv WHERE mv.mail = w.id) AS verdict
  FROM (SELECT sender, client, min(id) AS id FROM hit GROUP BY sender, client) w
  WHERE EXISTS (SELECT 1 FROM human_verdict)),
rank (kind, n) AS (VALUES ('sender', 0), ('ip', 1), ('network', 2), ('source', 3), ('domain', 4))
SELECT h.key, h.spf, h.dkim, h.dmarc, count(*) AS mails, sum(h.lost) AS lost,
  coalesce(sum(h.lost AND (theirs.n, -v.size) < (ours.n, -ours.size)), 0) AS narrower,
  coalesce(sum(h.lost AND (theirs.n, -v.size) > (ours.n, -ours.size)), 0) AS wider
FROM hit h
JOIN (SELECT n, CASE :kind WHEN 'network' THEN :bits WHEN 'domain' THEN length(:subject) ELSE 0 END AS size
      FROM rank WHERE kind = :kind) ours
LEFT JOIN judged j ON j.sender IS h.sender AND j.client = h.client
LEFT JOIN (SELECT id, kind, CASE kind WHEN 'network' THEN bits WHEN 'domain' THEN length(subject) ELSE 0 END AS size
           FROM human_verdict) v ON v.id = j.verdict
LEFT JOIN rank theirs ON theirs.kind = v.kind
GROUP BY h.key, h.spf, h.dkim, h.dmarc
ORDER BY h.key
