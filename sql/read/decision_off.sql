-- Mail of own domains from outside that a host let in without a warning of the rule, though the same client was warned
-- with the same sender at other times, and no verdict lets it through: by host, sender's domain and local day. Where
-- nobody is warned either, the rule was off.
WITH
current AS MATERIALIZED (SELECT id, kind, subject, verdict FROM verdict),
networks AS MATERIALIZED (SELECT id, kind, low, high, bits FROM verdict WHERE kind IN ('ip', 'network')),
passed AS MATERIALIZED (
  SELECT s.host, s.day, s.sender, s.client, min(s.first_time) AS first, max(s.last_time) AS last
  FROM sighting s JOIN dim_rule ru ON ru.name = :rule
  WHERE s.kind = 'own' AND NOT s.rules >> ru.id & 1
    AND EXISTS (SELECT 1 FROM sighting w
      WHERE w.kind = 'own' AND w.sender = s.sender AND w.client = s.client AND w.rules >> ru.id & 1)
  GROUP BY s.host, s.day, s.sender, s.client),
pairs AS (
  SELECT p.sender, p.client, ad.text AS address, c.key, so.name AS source,
    CASE WHEN d.id IS NOT NULL THEN d.name
         WHEN instr(ad.text, '@') THEN rtrim(substr(CAST(ad.text AS TEXT),
           length(rtrim(CAST(ad.text AS TEXT), replace(CAST(ad.text AS TEXT), '@', ''))) + 1), '.')
         ELSE '' END AS domain
  FROM (SELECT DISTINCT sender, client FROM passed) p
  JOIN client c ON c.id = p.client
  JOIN dim_source so ON so.id = c.source
  JOIN address ad ON ad.id = p.sender
  LEFT JOIN domain d ON d.id = ad.domain
  WHERE so.kind <> 'inside'),
judged AS MATERIALIZED (
  SELECT n.*, coalesce(
    (SELECT v.id FROM current v WHERE v.kind = 'sender' AND v.subject = n.address),
    (SELECT v.id FROM networks v WHERE v.low <= n.key AND n.key <= v.high
     ORDER BY v.bits DESC, v.kind = 'ip' DESC LIMIT 1),
    (SELECT v.id FROM current v WHERE v.kind = 'source' AND v.subject = n.source),
    (SELECT v.id FROM current v WHERE v.kind = 'domain' AND v.subject <> ''
       AND (n.domain = v.subject OR substr(n.domain, -length(v.subject) - 1) = '.' || v.subject)
     ORDER BY length(v.subject) DESC LIMIT 1)) AS verdict
  FROM pairs n)
SELECT h.name AS host, j.domain, p.day, min(p.first), max(p.last)
FROM passed p
JOIN judged j ON j.sender = p.sender AND j.client = p.client
JOIN host h ON h.id = p.host
LEFT JOIN current v ON v.id = j.verdict
WHERE coalesce(v.verdict, 'block') = 'block'
GROUP BY h.name, j.domain, p.day
ORDER BY h.name, j.domain, p.day
