-- For each source of a rule's mails, how many networks (/24, /64) it was first seen to use in [:from, :until).
WITH
mails AS (
  SELECT m.client, min(m.first_time) AS time
  FROM fact_mail m
  WHERE m.first_time < :until AND EXISTS (SELECT 1 FROM fact_recipient r JOIN text x ON x.id = r.text
    JOIN dim_rule ru ON ru.id = x.rule WHERE r.mail = m.id AND ru.name = :rule)
  GROUP BY m.client),
networks AS (
  SELECT so.name AS source, min(w.time) AS time
  FROM mails w JOIN client c ON c.id = w.client JOIN dim_source so ON so.id = c.source
  WHERE c.key IS NOT NULL
  GROUP BY so.name, CASE substr(c.key, 1, 12) WHEN x'00000000000000000000ffff' THEN substr(c.key, 1, 15)
                    ELSE substr(c.key, 1, 8) END)
SELECT source, count(*) FROM networks WHERE time >= :from GROUP BY source
