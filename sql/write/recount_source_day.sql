-- roll_source_day from the facts: of the mails and lines in [:since, :until). With :low and :high of those only that have a
-- place in [:low, :high): a part, which is to be added to the others (analyzer/query.c).
INSERT INTO roll_source_day
WITH
named AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY name) AS first FROM dim_source),
person AS (
  SELECT r.mail, x.rule, r.recipient, min(r.fate) AS fate
  FROM fact_recipient r JOIN text x ON x.id = r.text
  WHERE r.mail >= coalesce(:low, 0) AND r.mail < coalesce(:high, 9223372036854775807)
  GROUP BY r.mail, x.rule, r.recipient),
hit AS (
  SELECT mail, rule, min(fate) <= 3 AS lost, sum(fate = 0) AS f0, sum(fate = 1) AS f1, sum(fate = 2) AS f2,
    sum(fate = 3) AS f3, sum(fate = 4) AS f4, sum(fate = 5) AS f5, sum(fate = 6) AS f6, sum(fate = 7) AS f7,
    sum(fate = 8) AS f8, sum(fate = 9) AS f9
  FROM person GROUP BY mail, rule)
SELECT rule, source, domain, day, sum(attempts), sum(mails), sum(lost), sum(f0), sum(f1), sum(f2), sum(f3), sum(f4),
  sum(f5), sum(f6), sum(f7), sum(f8), sum(f9), min(first_time), max(last_time)
FROM (
  SELECT h.rule, coalesce(n.first, 0) AS source, CASE WHEN h.rule THEN coalesce(sa.domain, 0) ELSE 0 END AS domain, m.day,
    0 AS attempts, 1 AS mails, h.*, m.first_time, m.last_time
  FROM hit h CROSS JOIN fact_mail m ON m.id = h.mail LEFT JOIN client c ON c.id = m.client LEFT JOIN named n ON n.id = c.source LEFT JOIN address sa ON sa.id = m.sender
  WHERE (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
  UNION ALL
  SELECT x.rule, coalesce(n.first, 0), CASE WHEN x.rule THEN coalesce(sa.domain, 0) ELSE 0 END,
    CAST(strftime('%s', a.time / 1000000, 'unixepoch', 'localtime') AS INTEGER) / 86400, a.count, 0,
    NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL
  FROM fact_attempt a JOIN dim_line k ON k.id = a.line JOIN text x ON x.id = a.text
  LEFT JOIN client c ON c.id = a.client LEFT JOIN named n ON n.id = c.source LEFT JOIN address sa ON sa.id = a.sender
  WHERE k.flags & 1 AND a.place >= coalesce(:low, 0) AND a.place < coalesce(:high, 9223372036854775807)
    AND (:since IS NULL OR a.time >= :since) AND (:until IS NULL OR a.time < :until)
    AND (:since IS NULL OR a.place >= (SELECT min(place) FROM roll_place WHERE hour >= :since / 3600000000)))
GROUP BY rule, source, domain, day
