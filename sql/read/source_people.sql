-- Who was to get a rule's mails, by source, each recipient's rows together.
SELECT source, recipient, domain, lost FROM roll_person
WHERE rule = (SELECT id FROM dim_rule WHERE name = :rule) AND mails > 0 AND (source, recipient) > (:at, :after)
ORDER BY source, recipient
