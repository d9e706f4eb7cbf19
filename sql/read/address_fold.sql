SELECT coalesce(fold, id) FROM address WHERE id = :id
