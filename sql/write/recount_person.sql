-- roll_person from the facts, as recount_source_day.sql.
INSERT INTO roll_person
WITH
named AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY name) AS first FROM dim_source),
person AS (
  SELECT r.mail, x.rule, r.recipient, min(r.fate) AS fate
  FROM fact_recipient r JOIN text x ON x.id = r.text
  WHERE r.mail >= coalesce(:low, 0) AND r.mail < coalesce(:high, 9223372036854775807)
  GROUP BY r.mail, x.rule, r.recipient)
SELECT p.rule, coalesce(n.first, 0), p.recipient, coalesce(sa.domain, 0), count(*), sum(p.fate <= 3)
FROM person p CROSS JOIN fact_mail m ON m.id = p.mail LEFT JOIN client c ON c.id = m.client LEFT JOIN named n ON n.id = c.source LEFT JOIN address sa ON sa.id = m.sender
WHERE p.rule AND (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
GROUP BY 1, 2, 3, 4
