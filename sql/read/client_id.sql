SELECT id, source FROM client WHERE ip = :ip AND name = :name
