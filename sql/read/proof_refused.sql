-- What a rule refused since it was switched: each (client, sender, recipient) once, with its first line, the verdict that
-- decides it, and whether its source was seen while the rule only warned. A domain that was switched later than others
-- has its own end of that time.
WITH
current AS MATERIALIZED (SELECT id, kind, subject FROM verdict),
networks AS MATERIALIZED (SELECT id, kind, low, high, bits FROM verdict WHERE kind IN ('ip', 'network')),
texts AS MATERIALIZED (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule),
refused AS MATERIALIZED (
  SELECT min(a.place) AS place, sum(a.count) AS attempts
  FROM fact_attempt a
  JOIN dim_line k ON k.id = a.line
  JOIN client c ON c.id = a.client
  LEFT JOIN address sa ON sa.id = a.sender
  LEFT JOIN address ra ON ra.id = a.recipient
  WHERE a.text IN (SELECT id FROM texts) AND NOT k.flags & 21 AND k.code BETWEEN 400 AND 599
    AND a.time >= :switched AND a.time < :until
  GROUP BY c.ip, coalesce(sa.fold, sa.id), coalesce(ra.fold, ra.id)),
named AS (
  SELECT r.place, r.attempts, a.time, a.line, a.recipient, c.name, c.ip, sa.text AS sender, fa.text AS address,
    sa.domain AS domain_id, d.name AS domain, c.key, so.name AS source
  FROM refused r
  JOIN fact_attempt a ON a.place = r.place
  JOIN client c ON c.id = a.client
  JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = a.sender
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
  FROM named n),
switched AS MATERIALIZED (
  SELECT rd.domain, min(rd.first_refused) AS time FROM roll_domain_day rd JOIN dim_rule ru ON ru.id = rd.rule
  WHERE ru.name = :rule AND rd.first_refused >= :switched
  GROUP BY rd.domain),
seen AS MATERIALIZED (
  SELECT so.name AS source, min(w.time) AS time
  FROM (SELECT a.client, min(a.time) AS time FROM fact_attempt a JOIN dim_line k ON k.id = a.line
        WHERE a.text IN (SELECT id FROM texts) AND k.flags & 1 GROUP BY a.client
        UNION ALL
        SELECT m.client, min(m.first_time) FROM fact_mail m
        WHERE EXISTS (SELECT 1 FROM fact_recipient r WHERE r.mail = m.id AND r.text IN (SELECT id FROM texts))
        GROUP BY m.client) w
  JOIN client c ON c.id = w.client
  JOIN dim_source so ON so.id = c.source
  GROUP BY so.name)
SELECT j.source, v.verdict, coalesce(se.time < coalesce(sw.time, :switched), 0) AS seen, j.time, j.place, h.name, j.name,
  j.ip, j.sender, ra.text, k.code, j.attempts
FROM judged j
JOIN dim_line k ON k.id = j.line
JOIN host h ON h.id = k.host
LEFT JOIN address ra ON ra.id = j.recipient
LEFT JOIN human_verdict v ON v.id = j.verdict
LEFT JOIN switched sw ON sw.domain = j.domain_id
LEFT JOIN seen se ON se.source = j.source
