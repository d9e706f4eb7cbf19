UPDATE address SET fold = :fold WHERE id = :id
