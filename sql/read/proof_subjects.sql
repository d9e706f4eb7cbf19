-- Verdicts that ask for a proof.
SELECT id, kind, subject, verdict, note, owner, expires, at_us FROM verdict WHERE verdict IN ('exempt', 'move') ORDER BY id
