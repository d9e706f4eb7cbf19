SELECT coalesce(fold, id), domain FROM address WHERE id = :id
