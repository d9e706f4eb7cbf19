-- Verdicts that count no more, because their last day is over.
SELECT v.kind, v.subject, v.verdict, date(v.expires * 86400, 'unixepoch') AS expires
FROM human_verdict v
WHERE v.id = (SELECT max(w.id) FROM human_verdict w WHERE w.kind = v.kind AND w.subject = v.subject AND w.verdict <> 'later')
  AND v.verdict IN ('exempt', 'move', 'block')
  AND NOT EXISTS (SELECT 1 FROM verdict c WHERE c.id = v.id)
ORDER BY v.expires, v.kind, v.subject
