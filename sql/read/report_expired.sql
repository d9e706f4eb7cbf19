-- Verdicts that are over: the last word on a subject had an end, and the log has gone beyond it.
SELECT v.kind, v.subject, v.verdict, v.owner, date(v.expires * 86400, 'unixepoch') AS expires
FROM human_verdict v
WHERE v.id = (SELECT max(w.id) FROM human_verdict w WHERE w.kind = v.kind AND w.subject = v.subject AND w.verdict <> 'later')
  AND v.verdict IN ('exempt', 'move', 'block') AND v.expires < (SELECT time FROM log_end) / 86400000000
ORDER BY v.expires, v.kind, v.subject
