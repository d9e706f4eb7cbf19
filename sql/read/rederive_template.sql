SELECT template FROM text WHERE id = :id
