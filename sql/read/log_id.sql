SELECT id FROM log WHERE name = :name
