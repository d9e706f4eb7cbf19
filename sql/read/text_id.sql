SELECT id FROM text WHERE text = :text AND template = :template AND rule = :rule
