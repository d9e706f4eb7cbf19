INSERT INTO dim_source (kind, name, domain) VALUES (:kind, :name, :domain)
