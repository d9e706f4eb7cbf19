-- Mail of own domains from outside that a rule did not warn about, from its first warning until it refuses: by
-- sender's domain, source and host, most mails first, with the verdict that decides it.
WITH
current AS MATERIALIZED (SELECT id, kind, subject FROM verdict),
networks AS MATERIALIZED (SELECT id, kind, low, high, bits FROM verdict WHERE kind IN ('ip', 'network')),
rule AS MATERIALIZED (
  SELECT ru.id, max(:since, (SELECT min(first_warned) FROM roll_domain_day WHERE rule = ru.id)) AS since
  FROM dim_rule ru WHERE ru.name = :rule),
chosen AS MATERIALIZED (
  SELECT s.host, s.sender, s.client, sum(s.mails) AS mails, min(s.first_time) AS first, max(s.last_time) AS last
  FROM sighting s
  JOIN rule ru ON s.last_time >= ru.since AND NOT s.rules >> ru.id & 1
  JOIN client c ON c.id = s.client
  JOIN dim_source so ON so.id = c.source
  WHERE s.kind = 'own' AND so.kind <> 'inside' AND s.first_time < CASE WHEN :refuses THEN :switched ELSE :until END
  GROUP BY s.host, s.sender, s.client),
named AS (
  SELECT h.name AS host, p.mails, p.first, p.last, ad.text AS address, c.name, c.ip, c.key, so.name AS source,
    CASE WHEN d.id IS NOT NULL THEN d.name
         WHEN instr(ad.text, '@') THEN rtrim(substr(CAST(ad.text AS TEXT),
           length(rtrim(CAST(ad.text AS TEXT), replace(CAST(ad.text AS TEXT), '@', ''))) + 1), '.')
         ELSE '' END AS domain
  FROM chosen p
  JOIN host h ON h.id = p.host
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
  FROM named n)
SELECT j.domain, j.source, j.host, j.address, j.name, j.ip, j.mails, j.first, j.last, v.verdict
FROM judged j LEFT JOIN human_verdict v ON v.id = j.verdict
ORDER BY j.domain, j.source, j.host, j.mails DESC, j.first, j.address
