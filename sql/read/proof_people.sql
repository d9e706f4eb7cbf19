-- Who would lose mail of a rule, by the verdict exempt or move that decides it. Where one verdict decides all that a source
-- loses, the source's people are meant; else each mail says.
WITH
named AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY name) AS first FROM dim_source),
pair AS MATERIALIZED (
  SELECT p.sender, p.client, n.first AS source
  FROM roll_pair p JOIN client c ON c.id = p.client JOIN named n ON n.id = c.source
  WHERE +p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.lost > 0 AND EXISTS (SELECT 1 FROM human_verdict)),
clients AS MATERIALIZED (
  SELECT client, verdict FROM client_verdict
  WHERE EXISTS (SELECT 1 FROM human_verdict) AND +client IN (SELECT client FROM pair)),
senders AS MATERIALIZED (
  SELECT sender, own, domain FROM sender_verdict
  WHERE EXISTS (SELECT 1 FROM human_verdict) AND +sender IN (SELECT sender FROM pair)),
judged AS MATERIALIZED (
  SELECT p.*, coalesce(s.own, c.verdict, s.domain, 0) AS verdict
  FROM pair p LEFT JOIN clients c ON c.client = p.client LEFT JOIN senders s ON s.sender = p.sender),
source AS MATERIALIZED (
  SELECT source, min(verdict) AS verdict, min(verdict) = max(verdict) AS one
  FROM judged GROUP BY source),
several AS MATERIALIZED (
  SELECT j.sender, j.client, j.verdict FROM judged j JOIN source s ON s.source = j.source
  WHERE NOT s.one AND j.verdict IN (SELECT id FROM human_verdict WHERE verdict IN ('exempt', 'move')))
SELECT s.verdict, p.recipient
FROM source s JOIN human_verdict v ON v.id = s.verdict JOIN roll_person p ON p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.source = s.source
WHERE s.one AND v.verdict IN ('exempt', 'move') AND p.lost > 0
UNION
SELECT n.verdict, r.recipient
FROM fact_recipient r
CROSS JOIN fact_mail m ON m.id = r.mail
JOIN several n ON n.sender = coalesce(m.sender, 0) AND n.client = m.client
WHERE EXISTS (SELECT 1 FROM several) AND r.fate <= 3 AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  AND m.first_time >= :since AND m.first_time < :until
