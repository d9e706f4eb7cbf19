-- The verdicts in force. at_us is when it was said; seen, what the subject was like then.
SELECT v.id, v.kind, v.subject, v.verdict, v.note, v.owner, v.expires, v.low, v.high, v.at_us, h.seen
FROM verdict v JOIN human_verdict h ON h.id = v.id
ORDER BY v.id
