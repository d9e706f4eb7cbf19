SELECT domain FROM address WHERE id = :id
