-- Clients, to be told apart by their address.
SELECT id, source, ip FROM client WHERE id > :at ORDER BY id
