DELETE FROM fact_mail WHERE id = :id
