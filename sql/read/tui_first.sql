-- A rule's days by source, those of a source together: shown until the decision is there.
SELECT d.source, d.day, d.mails, d.lost FROM roll_source_day d
WHERE d.rule = (SELECT id FROM dim_rule WHERE name = :rule)
ORDER BY d.source
