-- Mail that a rule let pass without a warning, on hosts where it warns, by the verdict that decides it and the sender's
-- domain: the last moment of each. A sighting sums up a day, so of one that the end cuts only its begin is sure. Where
-- mail that nothing exempts passed as well after the host's last warning for that domain, the rule was off: what passed
-- since then proves no exception.
WITH
alive AS MATERIALIZED (
  SELECT rd.host, d.name AS domain, max(min(rd.last_warned, :until)) AS last
  FROM roll_domain_day rd JOIN dim_rule ru ON ru.id = rd.rule LEFT JOIN domain d ON d.id = rd.domain
  WHERE ru.name = :rule AND rd.warned AND rd.first_warned < :until
  GROUP BY rd.host, d.name),
chosen AS MATERIALIZED (
  SELECT s.host, s.sender, s.client, max(CASE WHEN s.last_time < :until THEN s.last_time ELSE s.first_time END) AS last
  FROM sighting s JOIN dim_rule ru ON ru.name = :rule
  WHERE s.kind = 0 AND NOT s.rules >> ru.id & 1 AND s.first_time < :until
    AND s.last_time > (SELECT min(at_us) FROM verdict WHERE verdict IN ('exempt', 'move'))
    AND s.host IN (SELECT host FROM alive)
  GROUP BY s.host, s.sender, s.client),
judged AS MATERIALIZED (
  SELECT p.host, p.last, so.kind, n.domain, v.id AS verdict, v.verdict AS word
  FROM chosen p
  JOIN client c ON c.id = p.client
  JOIN dim_source so ON so.id = c.source
  JOIN sender_name n ON n.sender = p.sender
  LEFT JOIN client_verdict cv ON cv.client = p.client
  LEFT JOIN sender_verdict s ON s.sender = p.sender
  LEFT JOIN human_verdict v ON v.id = coalesce(s.own, cv.verdict, s.domain)),
off AS MATERIALIZED (
  SELECT DISTINCT a.host, a.domain, a.last
  FROM alive a JOIN judged j ON j.host = a.host AND j.domain = a.domain AND j.last > a.last
  WHERE j.kind <> 'inside' AND coalesce(j.word, 'block') = 'block')
SELECT j.verdict, j.domain, max(j.last)
FROM judged j
WHERE j.word IN ('exempt', 'move')
  AND NOT EXISTS (SELECT 1 FROM off o WHERE o.host = j.host AND o.domain = j.domain AND j.last > o.last)
GROUP BY j.verdict, j.domain
