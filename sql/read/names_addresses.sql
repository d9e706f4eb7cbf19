SELECT id, text, coalesce(fold, id), domain FROM address
