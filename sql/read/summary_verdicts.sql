-- What was said of subjects in [:from, :until), and what has counted on :day for the last time.
SELECT kind, subject, verdict, note, who, date(expires * 86400, 'unixepoch') AS expires, 0 AS expired
FROM human_verdict h
WHERE at >= :from AND at < :until
UNION ALL
SELECT kind, subject, verdict, note, who, date(expires * 86400, 'unixepoch'), 1
FROM human_verdict h
WHERE expires = :day AND verdict IN ('exempt', 'move', 'block')
  AND id = (SELECT max(w.id) FROM human_verdict w WHERE w.kind = h.kind AND w.subject = h.subject AND w.verdict <> 'later')
ORDER BY expired, kind, subject
