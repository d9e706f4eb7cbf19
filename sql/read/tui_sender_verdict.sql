-- The verdict on a sender's address.
SELECT v.verdict FROM verdict v WHERE v.kind = 'sender' AND v.subject = :sender
