UPDATE fact_transaction SET mail = :into WHERE mail = :mail OR id = :mail
