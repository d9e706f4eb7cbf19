SELECT id, ip, name, source FROM client
