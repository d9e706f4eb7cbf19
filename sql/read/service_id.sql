SELECT id FROM service WHERE name = :name
