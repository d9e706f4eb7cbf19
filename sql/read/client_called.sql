-- What a client is called.
SELECT name, ip FROM client WHERE id = :client
