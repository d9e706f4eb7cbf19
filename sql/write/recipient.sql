INSERT OR REPLACE INTO fact_recipient (mail, recipient, text, shown, fate, since, last_try)
VALUES (:mail, :recipient, :text, :shown, :fate, :since, :last_try)
