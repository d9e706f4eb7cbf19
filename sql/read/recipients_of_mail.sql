SELECT recipient, text, fate FROM fact_recipient WHERE mail = :mail ORDER BY recipient, text
