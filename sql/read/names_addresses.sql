SELECT id, text, coalesce(fold, id) FROM address
