-- roll_evidence from the facts, as recount_source_day.sql.
INSERT INTO roll_evidence
WITH
named AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY name) AS first FROM dim_source)
SELECT h.rule, coalesce(n.first, 0), coalesce(sa.domain, 0), m.spf, m.dkim, m.dmarc, m.spam, m.flags, count(*)
FROM (SELECT DISTINCT r.mail, x.rule FROM fact_recipient r JOIN text x ON x.id = r.text
      WHERE x.rule AND r.mail >= coalesce(:low, 0) AND r.mail < coalesce(:high, 9223372036854775807)) h
CROSS JOIN fact_mail m ON m.id = h.mail LEFT JOIN client c ON c.id = m.client LEFT JOIN named n ON n.id = c.source LEFT JOIN address sa ON sa.id = m.sender
WHERE (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
