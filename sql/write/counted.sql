INSERT INTO counted (gen, sort, name, lines) SELECT c1, c2, c3, c4 FROM bulk(:rows) WHERE true
ON CONFLICT (gen, sort, name) DO UPDATE SET lines = lines + excluded.lines
