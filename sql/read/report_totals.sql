-- The headline of a rule, or of one own domain and what is below it; senders, clients and people are counted with the
-- list of sources. A mail counts once, however many lines say so.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
sums AS MATERIALIZED (
  SELECT rd.source, sum(rd.attempts) AS attempts, sum(rd.mails) AS mails, sum(rd.lost) AS lost
  FROM roll_source_day rd
  WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (:domain IS NULL OR rd.domain IN own)
  GROUP BY rd.source)
SELECT coalesce(sum(s.mails) FILTER (WHERE s.source), 0) AS mails, coalesce(sum(s.lost) FILTER (WHERE s.source), 0) AS lost,
  (SELECT count(DISTINCT so.name) FROM sums w JOIN dim_source so ON so.id = w.source WHERE w.mails > 0) AS sources,
  (SELECT count(DISTINCT so.name) FROM sums w JOIN dim_source so ON so.id = w.source WHERE w.lost > 0) AS losing_sources,
  coalesce(sum(s.attempts), 0) AS attempts
FROM sums s
