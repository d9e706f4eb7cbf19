-- One row a source of a rule's mails, in the order of their numbers; 0, without a name: of mails of which no client is
-- known. source_count.c and source_evidence.sql have the rest.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)')
SELECT rd.source, so.name, sum(rd.mails) AS mails, sum(rd.lost) AS lost, sum(rd.attempts) AS attempts,
  min(rd.first_time) FILTER (WHERE rd.mails > 0) AS first_us, max(rd.last_time) FILTER (WHERE rd.mails > 0) AS last_us,
  count(DISTINCT CASE WHEN rd.mails > 0 THEN rd.day END) AS days_seen,
  count(DISTINCT CASE WHEN rd.lost > 0 THEN rd.day END) AS lossy_days,
  min(rd.day) FILTER (WHERE rd.mails > 0) AS first_day, max(rd.day) FILTER (WHERE rd.mails > 0) AS last_day,
  sum(rd.delivered) AS f0, sum(rd.queued) AS f1, sum(rd.held) AS f2, sum(rd.unknown) AS f3, sum(rd.bounced) AS f4,
  sum(rd.spam) AS f5, sum(rd.refused) AS f6, sum(rd.tempfailed) AS f7, sum(rd.aborted) AS f8, sum(rd.discarded) AS f9
FROM roll_source_day rd
LEFT JOIN dim_source so ON so.id = rd.source
WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND rd.source > :at AND (:domain IS NULL OR rd.domain IN own)
GROUP BY rd.source
ORDER BY rd.source
