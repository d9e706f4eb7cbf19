UPDATE text SET rule = :rule, template = :template WHERE id = :id
