-- The rule's warning lines, and its mails first tried since :since, by the verdict that decides them; null: none does.
WITH
texts AS MATERIALIZED (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule),
said AS MATERIALIZED (
  SELECT coalesce(a.tx, a.place) AS tx, sum(a.count) AS attempts
  FROM fact_attempt a JOIN dim_line k ON k.id = a.line
  WHERE a.place >= (SELECT min(place) FROM roll_place WHERE hour >= :since / 3600000000) AND a.time >= :since
    AND k.flags & 17 = 1 AND a.text IN (SELECT id FROM texts)
  GROUP BY 1),
line AS MATERIALIZED (
  SELECT coalesce(t.mail, s.tx) AS mail, sum(s.attempts) AS attempts
  FROM said s LEFT JOIN fact_transaction t ON t.id = s.tx
  GROUP BY 1),
hit AS MATERIALIZED (
  SELECT m.id, m.sender, m.client, m.first_time >= :since AS fresh,
    m.first_time >= :since AND EXISTS (SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate
      WHERE r.mail = m.id AND f.loses AND r.text IN (SELECT id FROM texts)) AS lost,
    l.attempts
  FROM line l JOIN fact_mail m ON m.id = l.mail),
pair AS MATERIALIZED (
  SELECT sender, client, sum(attempts) AS attempts, sum(fresh) AS mails, sum(lost) AS lost FROM hit GROUP BY sender, client),
judged AS (
  SELECT p.*, coalesce(sv.own, cv.verdict, sv.domain) AS verdict
  FROM pair p LEFT JOIN client_verdict cv ON cv.client = p.client LEFT JOIN sender_verdict sv ON sv.sender = p.sender)
SELECT verdict, sum(attempts) AS attempts, sum(mails) AS mails, sum(lost) AS lost
FROM judged
GROUP BY verdict
ORDER BY verdict
