SELECT id FROM text WHERE text = (SELECT text FROM text WHERE id = :id) AND template = :template AND rule = :rule
