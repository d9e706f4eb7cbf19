-- SMTP clients of a source's mails under a rule, by the client of the mail's first try.
SELECT c.ip AS id, c.ip, min(c.name) AS name, sum(p.mails) AS mails, sum(p.lost) AS lost, max(p.last_warned) AS last_us,
  coalesce((SELECT v.verdict FROM verdict v WHERE v.kind = 'ip' AND v.low = c.key), '') AS verdict
FROM dim_source so JOIN client c ON c.source = so.id
JOIN (SELECT client, sum(mails) AS mails, sum(lost) AS lost, max(last_warned) AS last_warned FROM roll_pair
  WHERE rule = (SELECT id FROM dim_rule WHERE name = :rule) AND mails > 0 GROUP BY client) p ON p.client = c.id
WHERE so.name = :source
GROUP BY c.ip
ORDER BY lost DESC, mails DESC, 1
LIMIT :limit
