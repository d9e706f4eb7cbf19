INSERT OR IGNORE INTO dim_source (kind, name, domain) VALUES (:kind, :name, :domain)
