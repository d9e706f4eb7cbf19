INSERT INTO fact_attempt (place, time, line, pid, client, text, sender, recipient, helo, sasl, tx, count)
VALUES (:place, :time, :line, :pid, :client, :text, :sender, :recipient, :helo, :sasl, :tx, :count)
