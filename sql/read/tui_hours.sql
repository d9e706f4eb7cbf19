-- Warnings of a rule per hour, of the hours from :from on.
SELECT h.hour, h.attempts FROM roll_hour h JOIN dim_rule ru ON ru.id = h.rule
WHERE ru.name = :rule AND h.hour >= :from AND h.hour <= :to
