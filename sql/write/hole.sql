INSERT INTO hole (host, gen, from_time, to_time, lines, bytes, cause, derived)
VALUES (:host, :gen, :from_time, :to_time, :lines, :bytes, :cause, :derived)
