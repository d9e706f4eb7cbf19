INSERT OR REPLACE INTO fact_mail (id, host, sender, client, first_time, last_time, digits, day, transactions, attempts,
  shown_transaction, spf, dkim, dmarc, spam, flags)
VALUES (:id, :host, :sender, :client, :first_time, :last_time, :digits, :day, :transactions, :attempts,
  :shown_transaction, :spf, :dkim, :dmarc, :spam, :flags)
