-- Mails of a subject by network and evidence. narrower, wider: would-be-lost mails that a narrower, a wider verdict than
-- one on this subject decides. The subject's clients, or its senders, are found first: mails are only compared by number.
WITH
clients AS MATERIALIZED (
  SELECT c.id FROM client c JOIN dim_source so ON so.id = c.source WHERE :kind = 'source' AND so.name = :subject
  UNION ALL
  SELECT c.id FROM client c WHERE :kind IN ('ip', 'network') AND c.key BETWEEN CAST(:low AS BLOB) AND CAST(:high AS BLOB)),
senders AS MATERIALIZED (
  SELECT sa.id FROM address sa JOIN address fa ON fa.id = coalesce(sa.fold, sa.id) WHERE :kind = 'sender' AND fa.text = :subject
  UNION ALL
  SELECT sa.id FROM address sa JOIN domain d ON d.id = sa.domain
  WHERE :kind = 'domain' AND (d.name = :subject OR substr(d.name, -length(:subject) - 1) = '.' || :subject)),
hit AS MATERIALIZED (
  SELECT m.sender, m.client, m.spf, m.dkim, m.dmarc,
    EXISTS (SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate WHERE r.mail = m.id AND f.loses) AS lost
  FROM fact_mail m
  WHERE m.id >= coalesce((SELECT min(place) FROM roll_place WHERE hour >= :since / 3600000000), 0)
    AND (:since IS NULL OR m.first_time > :since)
    AND CASE WHEN :kind IN ('sender', 'domain') THEN m.sender IN (SELECT id FROM senders) ELSE m.client IN (SELECT id FROM clients) END),
same AS MATERIALIZED (
  SELECT sender, client, spf, dkim, dmarc, count(*) AS mails, sum(lost) AS lost FROM hit GROUP BY 1, 2, 3, 4, 5),
rank (kind, n) AS (VALUES ('sender', 0), ('ip', 1), ('network', 2), ('source', 3), ('domain', 4))
SELECT c.key, h.spf, h.dkim, h.dmarc, sum(h.mails) AS mails, sum(h.lost) AS lost,
  coalesce(sum(h.lost) FILTER (WHERE (theirs.n, -v.size) < (ours.n, -ours.size)), 0) AS narrower,
  coalesce(sum(h.lost) FILTER (WHERE (theirs.n, -v.size) > (ours.n, -ours.size)), 0) AS wider
FROM same h
JOIN client c ON c.id = h.client
JOIN (SELECT n, CASE :kind WHEN 'network' THEN :bits WHEN 'domain' THEN length(:subject) ELSE 0 END AS size
      FROM rank WHERE kind = :kind) ours
LEFT JOIN client_verdict cv ON cv.client = h.client
LEFT JOIN sender_verdict sv ON sv.sender = h.sender
LEFT JOIN (SELECT id, kind, CASE kind WHEN 'network' THEN bits WHEN 'domain' THEN length(subject) ELSE 0 END AS size
           FROM human_verdict) v ON v.id = coalesce(sv.own, cv.verdict, sv.domain)
LEFT JOIN rank theirs ON theirs.kind = v.kind
GROUP BY c.key, h.spf, h.dkim, h.dmarc
ORDER BY c.key
