INSERT INTO roll_person (rule, source, recipient, domain, mails, lost) SELECT c1, c2, c4, c3, c5, c6 FROM bulk(:rows) WHERE true
ON CONFLICT (rule, source, recipient, domain) DO UPDATE SET mails = mails + excluded.mails, lost = lost + excluded.lost
