SELECT id FROM address WHERE text = :text
