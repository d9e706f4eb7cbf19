-- The verdicts on each sender that one covers, and on its domain.
SELECT sender, coalesce(own, 0), coalesce(domain, 0) FROM sender_verdict
