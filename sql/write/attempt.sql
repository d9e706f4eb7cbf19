INSERT INTO fact_attempt (place, time, digits, host, service, pid, action, stage, client, code, dsn, text, sender,
  recipient, helo, proto, sasl, tx, count, flags)
VALUES (:place, :time, :digits, :host, :service, :pid, :action, :stage, :client, :code, :dsn, :text, :sender,
  :recipient, :helo, :proto, :sasl, :tx, :count, :flags)
