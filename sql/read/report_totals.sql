-- The headline of a rule, or of one own domain and what is below it. A mail counts once, a person once, however many
-- lines say so.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
sums AS MATERIALIZED (
  SELECT rd.source, sum(rd.attempts) AS attempts, sum(rd.mails) AS mails, sum(rd.lost) AS lost
  FROM roll_source_day rd
  WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (:domain IS NULL OR rd.domain IN own)
  GROUP BY rd.source),
chosen AS (
  SELECT p.sender, p.client FROM roll_pair p
  WHERE p.client AND p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0
    AND (:domain IS NULL OR coalesce((SELECT sa.domain FROM address sa WHERE sa.id = p.sender), 0) IN own)),
senders AS (
  SELECT coalesce(sa.fold, sa.id) AS sender FROM (SELECT DISTINCT sender FROM chosen) p JOIN address sa ON sa.id = p.sender),
clients AS (SELECT c.ip FROM (SELECT DISTINCT client FROM chosen) p JOIN client c ON c.id = p.client)
SELECT coalesce(sum(s.mails) FILTER (WHERE s.source), 0) AS mails, coalesce(sum(s.lost) FILTER (WHERE s.source), 0) AS lost,
  (SELECT count(DISTINCT so.name) FROM sums w JOIN dim_source so ON so.id = w.source WHERE w.mails > 0) AS sources,
  (SELECT count(DISTINCT so.name) FROM sums w JOIN dim_source so ON so.id = w.source WHERE w.lost > 0) AS losing_sources,
  (SELECT count(DISTINCT sender) FROM senders) AS senders, (SELECT count(DISTINCT ip) FROM clients) AS clients,
  (SELECT count(DISTINCT p.recipient) FROM roll_person p
   WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.lost > 0 AND (:domain IS NULL OR p.domain IN own)) AS people,
  coalesce(sum(s.attempts), 0) AS attempts
FROM sums s
