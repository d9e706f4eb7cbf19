INSERT INTO client (ip, name, source) VALUES (:ip, :name, :source)
