INSERT INTO client (ip, name, key, source) VALUES (:ip, :name, :key, :source)
