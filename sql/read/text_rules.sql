SELECT id, rule, listed FROM text
