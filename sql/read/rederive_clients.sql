SELECT id, name, ip, source FROM client ORDER BY id
