-- The verdict on a mail of this sender (folded), its domain, client (key) and source, as mail_verdict has it for mails.
SELECT id, kind, subject, verdict, note, owner, expires FROM (
  SELECT 1 AS rank, 0 AS a, 0 AS b, v.* FROM verdict v WHERE v.kind = 'sender' AND v.subject = :sender
  UNION ALL
  SELECT 2, -v.bits, v.kind <> 'ip', v.* FROM verdict v
  WHERE v.kind IN ('ip', 'network') AND v.low <= CAST(:key AS BLOB) AND CAST(:key AS BLOB) <= v.high
  UNION ALL
  SELECT 3, 0, 0, v.* FROM verdict v WHERE v.kind = 'source' AND v.subject = :source
  UNION ALL
  SELECT 4, -length(v.subject), 0, v.* FROM verdict v WHERE v.kind = 'domain' AND v.subject <> ''
    AND (:domain = v.subject OR substr(:domain, -length(v.subject) - 1) = '.' || v.subject))
ORDER BY rank, a, b
LIMIT 1
