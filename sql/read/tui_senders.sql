-- Envelope senders of a rule's warned mails, of one source or of all, with the verdict on the address itself.
WITH sums AS (SELECT coalesce(sa.fold, sa.id) AS fold, min(sa.text) AS sender, count(DISTINCT so.name) AS sources,
    count(DISTINCT c.ip) AS clients, sum(p.mails) AS mails, sum(p.lost) AS lost, max(p.last_warned) AS last_us
  FROM roll_pair p JOIN client c ON c.id = p.client JOIN dim_source so ON so.id = c.source
  LEFT JOIN address sa ON sa.id = p.sender
  WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0 AND (:source IS NULL OR so.name = :source)
  GROUP BY 1)
SELECT coalesce(fa.text, '') AS id, CASE WHEN s.sender = '' THEN '<>' ELSE s.sender END AS sender, s.sources, s.clients,
  s.mails, s.lost, s.last_us,
  coalesce((SELECT v.verdict FROM verdict v WHERE v.kind = 'sender' AND v.subject = fa.text), '') AS verdict
FROM sums s LEFT JOIN address fa ON fa.id = s.fold
ORDER BY s.lost DESC, s.mails DESC, 1
LIMIT :limit
