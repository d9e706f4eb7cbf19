-- Has a rule warned about mail of this sender?
SELECT 1 FROM dim_rule ru WHERE EXISTS (SELECT 1 FROM roll_pair p WHERE p.rule = ru.id AND p.sender = :sender)
