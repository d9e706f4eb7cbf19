UPDATE address SET domain = :domain WHERE id = :id
