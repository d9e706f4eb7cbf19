-- Who was to get a rule's mails, by source, up to :last if it is given.
SELECT p.source, p.recipient, p.mails, p.lost
FROM roll_person p
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.mails > 0 AND p.source > :at
  AND p.source <= coalesce(:last, 9223372036854775807)
ORDER BY p.source
