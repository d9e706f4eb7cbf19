-- The row of an address.
SELECT id FROM address WHERE text = :address
