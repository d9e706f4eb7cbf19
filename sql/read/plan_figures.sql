-- The rule's warning lines, and its mails first tried since :since, by the verdict that decides them; null: none does.
-- A sender and a client are judged once, as the view mail_verdict judges each of their mails.
WITH
texts AS MATERIALIZED (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule),
line AS MATERIALIZED (
  SELECT coalesce(t.mail, t.id, a.tx, a.place) AS mail, sum(a.count) AS attempts
  FROM fact_attempt a
  JOIN dim_line k ON k.id = a.line
  LEFT JOIN fact_transaction t ON t.id = coalesce(a.tx, a.place)
  WHERE a.time >= :since AND k.flags & 17 = 1 AND a.text IN (SELECT id FROM texts)
  GROUP BY 1),
hit AS MATERIALIZED (
  SELECT m.id, m.sender, m.client, m.first_time >= :since AS fresh,
    m.first_time >= :since AND EXISTS (SELECT 1 FROM fact_recipient r JOIN fate f ON f.id = r.fate
      WHERE r.mail = m.id AND f.loses AND r.text IN (SELECT id FROM texts)) AS lost,
    l.attempts
  FROM line l JOIN fact_mail m ON m.id = l.mail),
judged AS MATERIALIZED (
  SELECT w.*, (SELECT mv.verdict FROM mail_verdict mv WHERE mv.mail = w.id) AS verdict
  FROM (SELECT min(id) AS id, sum(attempts) AS attempts, sum(fresh) AS mails, sum(lost) AS lost
    FROM hit GROUP BY sender, client) w)
SELECT verdict, sum(attempts) AS attempts, sum(mails) AS mails, sum(lost) AS lost
FROM judged
GROUP BY verdict
ORDER BY verdict
