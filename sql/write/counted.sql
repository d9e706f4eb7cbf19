INSERT INTO counted (gen, sort, name, lines) VALUES (:gen, :sort, :name, :lines)
ON CONFLICT (gen, sort, name) DO UPDATE SET lines = lines + excluded.lines
