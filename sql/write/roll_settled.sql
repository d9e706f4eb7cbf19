DELETE FROM roll_loose WHERE tx IN (SELECT c1 FROM bulk(:rows))
  AND EXISTS (SELECT 1 FROM fact_mail m
    WHERE m.id = coalesce((SELECT t.mail FROM fact_transaction t WHERE t.id = roll_loose.tx), roll_loose.tx))
