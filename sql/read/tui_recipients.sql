-- People who got a rule's warned mails, of one source or of all, and how many they would lose.
SELECT coalesce(ra.text, '') AS id, coalesce(ra.text, '(all of a mail)') AS recipient, count(DISTINCT so.name) AS sources,
  sum(p.mails) AS mails, sum(p.lost) AS lost
FROM roll_person p JOIN dim_source so ON so.id = p.source LEFT JOIN address ra ON ra.id = p.recipient
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0 AND (:source IS NULL OR so.name = :source)
GROUP BY p.recipient
ORDER BY lost DESC, mails DESC, 1
LIMIT :limit
