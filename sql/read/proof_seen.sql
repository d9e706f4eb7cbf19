-- Mail that a rule let pass without a warning, on hosts where it warns, by the verdict that decides it and the sender's
-- domain: the last moment of each. A sighting sums up a day, so of one that the end cuts only its begin is sure. Where
-- mail that nothing exempts passed as well after the host's last warning for that domain, the rule was off: what passed
-- since then proves no exception.
WITH
current AS MATERIALIZED (SELECT id, kind, subject, verdict, at_us FROM verdict),
networks AS MATERIALIZED (SELECT id, kind, low, high, bits FROM verdict WHERE kind IN ('ip', 'network')),
alive AS MATERIALIZED (
  SELECT rd.host, d.name AS domain, max(min(rd.last_warned, :until)) AS last
  FROM roll_domain_day rd JOIN dim_rule ru ON ru.id = rd.rule LEFT JOIN domain d ON d.id = rd.domain
  WHERE ru.name = :rule AND rd.warned AND rd.first_warned < :until
  GROUP BY rd.host, d.name),
chosen AS MATERIALIZED (
  SELECT s.host, s.sender, s.client, max(CASE WHEN s.last_time < :until THEN s.last_time ELSE s.first_time END) AS last
  FROM sighting s JOIN dim_rule ru ON ru.name = :rule
  WHERE s.kind = 'own' AND NOT s.rules >> ru.id & 1 AND s.first_time < :until
    AND s.last_time > (SELECT min(at_us) FROM current WHERE verdict IN ('exempt', 'move'))
    AND s.host IN (SELECT host FROM alive)
  GROUP BY s.host, s.sender, s.client),
named AS (
  SELECT p.host, p.last, ad.text AS address, c.key, so.name AS source, so.kind,
    CASE WHEN d.id IS NOT NULL THEN d.name
         WHEN instr(ad.text, '@') THEN rtrim(substr(CAST(ad.text AS TEXT),
           length(rtrim(CAST(ad.text AS TEXT), replace(CAST(ad.text AS TEXT), '@', ''))) + 1), '.')
         ELSE '' END AS domain
  FROM chosen p
  JOIN client c ON c.id = p.client
  JOIN dim_source so ON so.id = c.source
  JOIN address ad ON ad.id = p.sender
  LEFT JOIN domain d ON d.id = ad.domain),
judged AS MATERIALIZED (
  SELECT n.*, coalesce(
    (SELECT v.id FROM current v WHERE v.kind = 'sender' AND v.subject = n.address),
    (SELECT v.id FROM networks v WHERE v.low <= n.key AND n.key <= v.high
     ORDER BY v.bits DESC, v.kind = 'ip' DESC LIMIT 1),
    (SELECT v.id FROM current v WHERE v.kind = 'source' AND v.subject = n.source),
    (SELECT v.id FROM current v WHERE v.kind = 'domain' AND v.subject <> ''
       AND (n.domain = v.subject OR substr(n.domain, -length(v.subject) - 1) = '.' || v.subject)
     ORDER BY length(v.subject) DESC LIMIT 1)) AS verdict
  FROM named n),
off AS MATERIALIZED (
  SELECT DISTINCT a.host, a.domain, a.last
  FROM alive a JOIN judged j ON j.host = a.host AND j.domain = a.domain AND j.last > a.last
  LEFT JOIN current v ON v.id = j.verdict
  WHERE j.kind <> 'inside' AND coalesce(v.verdict, 'block') = 'block')
SELECT j.verdict, j.domain, max(j.last)
FROM judged j JOIN human_verdict v ON v.id = j.verdict
WHERE v.verdict IN ('exempt', 'move')
  AND NOT EXISTS (SELECT 1 FROM off o WHERE o.host = j.host AND o.domain = j.domain AND j.last > o.last)
GROUP BY j.verdict, j.domain
