-- Would-be-lost mails of each source by the verdict that counts for them; without one: null. As long as nobody has said
-- anything only of :source, if it is given: all others lose without a verdict.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
pair AS MATERIALIZED (
  SELECT p.sender, p.client, p.lost, so.name AS source
  FROM (SELECT 1 WHERE :source IS NOT NULL OR EXISTS (SELECT 1 FROM human_verdict)) asked
  CROSS JOIN roll_pair p JOIN client c ON c.id = p.client JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = p.sender
  WHERE +p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.lost > 0 AND (:source IS NULL OR so.name = :source)
    AND (:domain IS NULL OR coalesce(sa.domain, 0) IN own)),
clients AS MATERIALIZED (
  SELECT client, verdict FROM client_verdict
  WHERE EXISTS (SELECT 1 FROM human_verdict) AND +client IN (SELECT client FROM pair)),
senders AS MATERIALIZED (
  SELECT sender, own, domain FROM sender_verdict
  WHERE EXISTS (SELECT 1 FROM human_verdict) AND +sender IN (SELECT sender FROM pair)),
judged AS (
  SELECT p.source, p.lost, coalesce(s.own, c.verdict, s.domain) AS verdict
  FROM pair p LEFT JOIN clients c ON c.client = p.client LEFT JOIN senders s ON s.sender = p.sender)
SELECT j.source, v.verdict, v.id, sum(j.lost) AS lost
FROM judged j LEFT JOIN human_verdict v ON v.id = j.verdict
GROUP BY j.source, v.id
