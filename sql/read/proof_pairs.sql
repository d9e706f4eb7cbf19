-- Senders and clients of a rule's mails that a verdict exempt or move decides: judged once, as the view mail_verdict
-- judges each mail. mails and lost are of the window, lost_ever also of what came before. Ordered as proof_warned.sql and proof_people.sql are.
WITH
current AS MATERIALIZED (SELECT id, kind, subject FROM verdict),
networks AS MATERIALIZED (SELECT id, kind, low, high, bits FROM verdict WHERE kind IN ('ip', 'network')),
chosen AS MATERIALIZED (
  SELECT coalesce(m.sender, 0) AS sender, m.client, sum(m.first_time >= :since) AS mails,
    sum(f.loses AND m.first_time >= :since) AS lost, sum(f.loses) AS lost_ever
  FROM (SELECT r.mail, min(r.fate) AS fate FROM fact_recipient r
        WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
        GROUP BY r.mail) q
  JOIN fact_mail m ON m.id = q.mail
  JOIN fate f ON f.id = q.fate
  WHERE EXISTS (SELECT 1 FROM human_verdict) AND m.first_time < :until
  GROUP BY 1, 2),
named AS (
  SELECT p.sender, p.client, p.mails, p.lost, p.lost_ever, fa.id AS address_id, fa.text AS address, d.name AS domain, c.name, c.ip,
    c.key, so.name AS source
  FROM chosen p
  JOIN client c ON c.id = p.client
  JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = p.sender
  LEFT JOIN address fa ON fa.id = coalesce(sa.fold, sa.id)
  LEFT JOIN domain d ON d.id = sa.domain),
judged AS MATERIALIZED (
  SELECT n.*, coalesce(
    (SELECT v.id FROM current v WHERE v.kind = 'sender' AND v.subject = n.address),
    (SELECT v.id FROM networks v WHERE v.low <= n.key AND n.key <= v.high
     ORDER BY v.bits DESC, v.kind = 'ip' DESC LIMIT 1),
    (SELECT v.id FROM current v WHERE v.kind = 'source' AND v.subject = n.source),
    (SELECT v.id FROM current v WHERE v.kind = 'domain' AND v.subject <> ''
       AND (n.domain = v.subject OR substr(n.domain, -length(v.subject) - 1) = '.' || v.subject)
     ORDER BY length(v.subject) DESC LIMIT 1)) AS verdict
  FROM named n)
SELECT j.verdict, j.sender, j.client, coalesce(j.address_id, 0), j.address, j.domain, j.name, j.ip, j.mails, j.lost, j.lost_ever
FROM judged j JOIN human_verdict v ON v.id = j.verdict
WHERE v.verdict IN ('exempt', 'move')
ORDER BY j.sender, j.client
