-- An SMTP client, and the verdict on its address.
SELECT c.ip, c.name, coalesce((SELECT v.verdict FROM verdict v WHERE v.kind = 'ip' AND v.low = c.key), '') AS verdict
FROM client c WHERE c.id = :id
