-- What was said of each subject and counts now, questions put off included; with :all, every word, the oldest first.
-- Mails are those that a verdict decides; of one that does not count any more there are none.
WITH
pairs AS MATERIALIZED (
  SELECT sender, client, count(*) AS mails, sum(EXISTS (SELECT 1 FROM fact_recipient r
    JOIN fate f ON f.id = r.fate WHERE r.mail = m.id AND f.loses)) AS lost
  FROM fact_mail m WHERE EXISTS (SELECT 1 FROM human_verdict) GROUP BY sender, client),
judged AS MATERIALIZED (
  SELECT coalesce(sv.own, cv.verdict, sv.domain) AS verdict, sum(p.mails) AS mails, sum(p.lost) AS lost
  FROM pairs p LEFT JOIN client_verdict cv ON cv.client = p.client LEFT JOIN sender_verdict sv ON sv.sender = p.sender
  GROUP BY 1),
pending AS (
  SELECT h.id FROM human_verdict h WHERE h.verdict = 'later'
  AND h.id = (SELECT max(w.id) FROM human_verdict w WHERE w.kind = h.kind AND w.subject = h.subject))
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', h.at / 1000000, 'unixepoch') AS at, h.kind, h.subject, h.verdict, h.note, h.owner,
  date(h.expires * 86400, 'unixepoch') AS expires, h.who,
  CASE WHEN h.id IN (SELECT id FROM verdict) THEN coalesce(j.mails, 0) END AS mails,
  CASE WHEN h.id IN (SELECT id FROM verdict) THEN coalesce(j.lost, 0) END AS would_be_lost
FROM human_verdict h LEFT JOIN judged j ON j.verdict = h.id
WHERE :all OR h.id IN (SELECT id FROM verdict) OR h.id IN (SELECT id FROM pending)
ORDER BY CASE WHEN :all THEN h.id ELSE -coalesce(j.lost, 0) END, CASE WHEN NOT :all THEN h.kind END, h.subject, h.id
LIMIT :limit
