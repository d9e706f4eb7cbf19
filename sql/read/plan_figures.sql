-- The mails that a rule warned about in the lines of a part of the log since :since: how often, whether the mail was first
-- tried since then, whether that would be lost, and the verdict that decides it; null: none does.
WITH
texts AS MATERIALIZED (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule),
said AS MATERIALIZED (
  SELECT coalesce(a.tx, a.place) AS tx, sum(a.count) AS attempts
  FROM fact_attempt a JOIN dim_line k ON k.id = a.line
  WHERE a.place >= :low AND a.place < coalesce(:high, 9223372036854775807) AND a.time >= :since
    AND k.flags & 17 = 1 AND a.text IN (SELECT id FROM texts)
  GROUP BY 1),
line AS MATERIALIZED (
  SELECT coalesce(t.mail, s.tx) AS mail, sum(s.attempts) AS attempts
  FROM said s LEFT JOIN fact_transaction t ON t.id = s.tx
  GROUP BY 1)
SELECT m.id, coalesce(sv.own, cv.verdict, sv.domain) AS verdict, l.attempts, m.first_time >= :since AS fresh,
  m.first_time >= :since AND EXISTS (SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate
    WHERE r.mail = m.id AND f.loses AND r.text IN (SELECT id FROM texts)) AS lost
FROM line l JOIN fact_mail m ON m.id = l.mail
LEFT JOIN client_verdict cv ON cv.client = m.client LEFT JOIN sender_verdict sv ON sv.sender = m.sender
