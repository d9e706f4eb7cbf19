-- Two numbers, one of them another if anybody has said something of a subject, or taken it back.
SELECT coalesce(max(id), 0), count(*) FROM human_verdict
