SELECT source FROM client WHERE id = :id
