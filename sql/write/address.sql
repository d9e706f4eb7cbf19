INSERT INTO address (text) VALUES (:text)
