-- All that was said of a subject, the last word first.
SELECT id, verdict, note, owner, expires, seen FROM human_verdict WHERE kind = :kind AND subject = :subject ORDER BY id DESC
