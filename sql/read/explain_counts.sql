-- What the log has of a client, a sender, and both: mails the rule warned about, those that would be lost, and when last.
WITH
theirs AS MATERIALIZED (
  SELECT m.id, m.last_time, m.sender IN (SELECT a.id FROM address a LEFT JOIN address f ON f.id = a.fold
      WHERE coalesce(f.text, a.text) = :sender) AS of_sender,
    m.client IN (SELECT c.id FROM client c WHERE c.ip IN (:ip, :other)) AS of_client
  FROM fact_mail m
  WHERE m.sender IN (SELECT a.id FROM address a LEFT JOIN address f ON f.id = a.fold WHERE coalesce(f.text, a.text) = :sender)
    OR m.client IN (SELECT c.id FROM client c WHERE c.ip IN (:ip, :other))),
fated AS (
  SELECT t.id, t.last_time, t.of_sender, t.of_client, max(f.loses) AS lost
  FROM theirs t JOIN fact_recipient r ON r.mail = t.id JOIN fate f ON f.id = r.fate
  WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
  GROUP BY t.id)
SELECT sum(of_client AND of_sender), sum(of_client AND of_sender AND lost), sum(of_client), sum(of_client AND lost),
  sum(of_sender), sum(of_sender AND lost),
  strftime('%Y-%m-%dT%H:%M:%SZ', max(CASE WHEN of_client AND of_sender THEN last_time END) / 1000000, 'unixepoch'),
  strftime('%Y-%m-%dT%H:%M:%SZ', max(CASE WHEN of_client THEN last_time END) / 1000000, 'unixepoch'),
  strftime('%Y-%m-%dT%H:%M:%SZ', max(CASE WHEN of_sender THEN last_time END) / 1000000, 'unixepoch')
FROM fated
