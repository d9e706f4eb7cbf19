-- roll_pair from the facts, as recount_source_day.sql.
INSERT INTO roll_pair (rule, sender, client, mails, lost, mails_ever, lost_ever, first_warned, last_warned)
WITH
hit AS (
  SELECT r.mail, x.rule, min(r.fate) <= 3 AS lost
  FROM fact_recipient r JOIN text x ON x.id = r.text
  WHERE x.rule AND r.mail >= coalesce(:low, 0) AND r.mail < coalesce(:high, 9223372036854775807)
  GROUP BY r.mail, x.rule),
line AS (
  SELECT coalesce(t.mail, t.id, a.tx, a.place) AS mail, x.rule, min(a.time) AS first, max(a.time) AS last
  FROM fact_attempt a JOIN dim_line k ON k.id = a.line JOIN text x ON x.id = a.text
  LEFT JOIN fact_transaction t ON t.id = coalesce(a.tx, a.place)
  WHERE k.flags & 5 = 1 AND x.rule AND a.place >= coalesce(:low, 0) AND a.place < coalesce(:high, 9223372036854775807)
    AND (:until IS NULL OR a.time < :until)
  GROUP BY 1, 2)
SELECT rule, sender, client, sum(mails), sum(lost), sum(mails_ever), sum(lost_ever), min(first), max(last)
FROM (
  SELECT h.rule, coalesce(m.sender, 0) AS sender, m.client, :since IS NULL OR m.first_time >= :since AS mails,
    h.lost AND (:since IS NULL OR m.first_time >= :since) AS lost, 1 AS mails_ever, h.lost AS lost_ever, NULL AS first,
    NULL AS last
  FROM hit h CROSS JOIN fact_mail m ON m.id = h.mail
  WHERE :until IS NULL OR m.first_time < :until
  UNION ALL
  SELECT l.rule, coalesce(m.sender, 0), m.client, 0, 0, 0, 0, l.first, l.last FROM line l CROSS JOIN fact_mail m ON m.id = l.mail)
GROUP BY rule, sender, client
