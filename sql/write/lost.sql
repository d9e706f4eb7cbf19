INSERT INTO lost (host, first_time, last_time, at, file) VALUES (:host, :first_time, :last_time, :at, :file)
