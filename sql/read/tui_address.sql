-- An address as it is written.
SELECT text FROM address WHERE id = :id
