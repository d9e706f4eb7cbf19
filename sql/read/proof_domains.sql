-- Domains of senders that a rule has warned about or refused.
SELECT DISTINCT d.name FROM roll_domain_day rd JOIN dim_rule ru ON ru.id = rd.rule JOIN domain d ON d.id = rd.domain
WHERE ru.name = :rule AND d.name <> ''
