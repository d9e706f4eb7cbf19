SELECT id, rule FROM text
