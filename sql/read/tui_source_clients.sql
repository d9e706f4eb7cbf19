-- Clients, with their addresses and sources.
SELECT id, ip, source FROM client WHERE id > :at ORDER BY id
