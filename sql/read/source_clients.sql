-- Clients in the order of their addresses, so that those of one address stand together.
SELECT id, source, ip FROM client ORDER BY ip
