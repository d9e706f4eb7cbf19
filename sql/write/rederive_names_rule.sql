INSERT OR REPLACE INTO counted (gen, sort, name, lines) VALUES (:gen, 'check', 'names a rule', :lines)
