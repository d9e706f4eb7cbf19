-- Domains of the senders that a rule warned about or refused.
SELECT DISTINCT d.name FROM roll_domain_day r JOIN domain d ON d.id = r.domain JOIN dim_rule ru ON ru.id = r.rule
WHERE ru.name = :rule AND d.name <> ''
ORDER BY length(d.name), d.name
