INSERT INTO human_verdict (at, kind, subject, verdict, note, owner, expires, who, low, high, bits, seen)
VALUES (:at, :kind, :subject, :verdict, :note, :owner, :expires, :who, CAST(:low AS BLOB), CAST(:high AS BLOB), :bits, :seen)
