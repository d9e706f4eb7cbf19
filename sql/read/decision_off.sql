-- Mail of own domains from outside that a host let in without a warning of the rule, though the same client was warned
-- with the same sender at other times, and no verdict lets it through: by host, sender's domain and local day. Where
-- nobody is warned either, the rule was off.
WITH
passed AS MATERIALIZED (
  SELECT s.host, s.day, s.sender, s.client, min(s.first_time) AS first, max(s.last_time) AS last
  FROM sighting s JOIN dim_rule ru ON ru.name = :rule
  WHERE s.kind = 0 AND NOT s.rules >> ru.id & 1
  GROUP BY s.host, s.day, s.sender, s.client),
warned AS MATERIALIZED (
  SELECT DISTINCT s.sender << 32 | s.client AS pair
  FROM sighting s JOIN dim_rule ru ON ru.name = :rule
  WHERE s.kind = 0 AND s.rules >> ru.id & 1 AND EXISTS (SELECT 1 FROM passed)
    AND s.sender << 32 | s.client IN (SELECT p.sender << 32 | p.client FROM passed p)),
judged AS MATERIALIZED (
  SELECT p.sender, p.client, n.domain, coalesce(s.own, cv.verdict, s.domain) AS verdict
  FROM (SELECT pair >> 32 AS sender, pair & 0xffffffff AS client FROM warned) p
  JOIN client c ON c.id = p.client
  JOIN dim_source so ON so.id = c.source
  JOIN sender_name n ON n.sender = p.sender
  LEFT JOIN client_verdict cv ON cv.client = p.client
  LEFT JOIN sender_verdict s ON s.sender = p.sender
  WHERE so.kind <> 'inside')
SELECT h.name AS host, j.domain, p.day, min(p.first), max(p.last)
FROM passed p
JOIN judged j ON j.sender = p.sender AND j.client = p.client
JOIN host h ON h.id = p.host
LEFT JOIN human_verdict v ON v.id = j.verdict
WHERE coalesce(v.verdict, 'block') = 'block'
GROUP BY h.name, j.domain, p.day
ORDER BY h.name, j.domain, p.day
