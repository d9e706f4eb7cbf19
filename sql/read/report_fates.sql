-- (mail, recipient) pairs of a rule, or of one own domain and what is below it, by fate, every fate a row, how many of
-- the refused for now may still return, and the highest of the figures.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
sums AS MATERIALIZED (
  SELECT sum(delivered) AS f0, sum(queued) AS f1, sum(held) AS f2, sum(unknown) AS f3, sum(bounced) AS f4, sum(spam) AS f5,
    sum(refused) AS f6, sum(tempfailed) AS f7, sum(aborted) AS f8, sum(discarded) AS f9
  FROM roll_source_day rd
  WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND (:domain IS NULL OR rd.domain IN own)),
may_return AS MATERIALIZED (SELECT r.mail, r.recipient FROM fact_recipient r INDEXED BY recipient_may_return
  WHERE r.fate = 7 AND r.last_try > (SELECT time FROM log_end) - 129600000000 AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  GROUP BY r.mail, r.recipient),
pairs AS (
  SELECT f.id, f.name, f.loses, coalesce(CASE f.id WHEN 0 THEN f0 WHEN 1 THEN f1 WHEN 2 THEN f2 WHEN 3 THEN f3 WHEN 4 THEN f4
    WHEN 5 THEN f5 WHEN 6 THEN f6 WHEN 7 THEN f7 WHEN 8 THEN f8 ELSE f9 END, 0) AS pairs
  FROM fate f JOIN sums)
SELECT p.name, p.loses, p.pairs,
  CASE p.id WHEN 7 THEN (SELECT count(*) FROM may_return r JOIN fact_mail m ON m.id = r.mail LEFT JOIN address sa ON sa.id = m.sender
    WHERE (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
      AND (:domain IS NULL OR coalesce(sa.domain, 0) IN own)) ELSE 0 END AS returning_soon,
  max(p.pairs) OVER () AS most
FROM pairs p
ORDER BY p.id
