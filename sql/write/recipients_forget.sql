DELETE FROM fact_recipient WHERE mail = :mail
