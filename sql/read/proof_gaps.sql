-- Mail of own domains from outside that a rule did not warn about, from its first warning until it refuses: by
-- sender's domain, source and host, most mails first, with the verdict that decides it.
WITH
rule AS MATERIALIZED (
  SELECT ru.id, max(:since, (SELECT min(first_warned) FROM roll_domain_day WHERE rule = ru.id)) AS since
  FROM dim_rule ru WHERE ru.name = :rule),
chosen AS MATERIALIZED (
  SELECT s.host, s.sender, s.client, sum(s.mails) AS mails, min(s.first_time) AS first, max(s.last_time) AS last
  FROM sighting s
  JOIN rule ru ON s.last_time >= ru.since AND NOT s.rules >> ru.id & 1
  JOIN client c ON c.id = s.client
  JOIN dim_source so ON so.id = c.source
  WHERE s.kind = 0 AND so.kind <> 'inside' AND s.first_time < CASE WHEN :refuses THEN :switched ELSE :until END
  GROUP BY s.host, s.sender, s.client)
SELECT n.domain, so.name AS source, h.name AS host, n.address, c.name, c.ip, p.mails, p.first, p.last, v.verdict
FROM chosen p
JOIN host h ON h.id = p.host
JOIN client c ON c.id = p.client
JOIN dim_source so ON so.id = c.source
JOIN sender_name n ON n.sender = p.sender
LEFT JOIN client_verdict cv ON cv.client = p.client
LEFT JOIN sender_verdict s ON s.sender = p.sender
LEFT JOIN human_verdict v ON v.id = coalesce(s.own, cv.verdict, s.domain)
ORDER BY n.domain, source, host, p.mails DESC, p.first, n.address
