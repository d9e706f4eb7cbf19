-- What a rule refused since it was switched: each (client, sender, recipient) once, with its first line, the verdict that
-- decides it, and whether its source was seen while the rule only warned. A domain that was switched later than others
-- has its own end of that time.
WITH
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
    AND a.place >= (SELECT min(place) FROM roll_place WHERE hour >= :switched / 3600000000)
  GROUP BY c.ip, coalesce(sa.fold, sa.id), coalesce(ra.fold, ra.id)),
pair AS MATERIALIZED (
  SELECT r.place, r.attempts, a.time, a.line, a.recipient, a.sender, a.client
  FROM refused r JOIN fact_attempt a ON a.place = r.place),
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
SELECT so.name, v.verdict, coalesce(se.time < coalesce(sw.time, :switched), 0) AS seen, p.time, p.place, h.name, c.name,
  c.ip, sa.text, ra.text, k.code, p.attempts
FROM pair p
JOIN client c ON c.id = p.client
JOIN dim_source so ON so.id = c.source
JOIN dim_line k ON k.id = p.line
JOIN host h ON h.id = k.host
LEFT JOIN address sa ON sa.id = p.sender
LEFT JOIN address ra ON ra.id = p.recipient
LEFT JOIN client_verdict cv ON cv.client = p.client
LEFT JOIN sender_verdict s ON s.sender = p.sender
LEFT JOIN human_verdict v ON v.id = coalesce(s.own, cv.verdict, s.domain)
LEFT JOIN switched sw ON sw.domain = sa.domain
LEFT JOIN seen se ON se.source = so.name
