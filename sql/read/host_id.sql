SELECT id FROM host WHERE name = :name
