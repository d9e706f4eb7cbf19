-- Who would lose mail of a rule, by the verdict exempt or move that decides it; nobody twice. Where one verdict decides all
-- that a source loses, the source's people are meant; else each mail says.
WITH
named AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY name) AS first FROM dim_source),
judged AS MATERIALIZED (
  SELECT n.first AS source, p.sender, p.client, coalesce(sv.own, cv.verdict, sv.domain, 0) AS verdict
  FROM roll_pair p
  LEFT JOIN client_verdict cv ON cv.client = p.client
  LEFT JOIN sender_verdict sv ON sv.sender = p.sender
  CROSS JOIN client c ON c.id = p.client
  CROSS JOIN named n ON n.id = c.source
  WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.lost > 0),
source AS MATERIALIZED (
  SELECT source, min(verdict) AS verdict, min(verdict) = max(verdict) AS one
  FROM judged GROUP BY source),
several AS MATERIALIZED (
  SELECT j.sender, j.client, j.verdict
  FROM source s CROSS JOIN judged j ON j.source = s.source CROSS JOIN human_verdict v ON v.id = j.verdict
  WHERE NOT s.one AND v.verdict IN ('exempt', 'move'))
SELECT s.verdict, p.recipient
FROM source s
CROSS JOIN human_verdict v ON v.id = s.verdict
CROSS JOIN roll_person p ON p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.source = s.source
WHERE s.one AND v.verdict IN ('exempt', 'move') AND p.lost > 0
UNION
SELECT n.verdict, r.recipient
FROM fact_mail m
CROSS JOIN several n ON n.client = m.client AND n.sender = coalesce(m.sender, 0)
CROSS JOIN fact_recipient r ON r.mail = m.id
WHERE EXISTS (SELECT 1 FROM several) AND m.first_time >= :since AND m.first_time < :until AND r.fate <= 3
  AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
