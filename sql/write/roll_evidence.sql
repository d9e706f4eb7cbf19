INSERT INTO roll_evidence (rule, source, domain, spf, dkim, dmarc, spam, flags, mails)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9 FROM bulk(:rows) WHERE true
ON CONFLICT (rule, source, domain, spf, dkim, dmarc, spam, flags) DO UPDATE SET mails = mails + excluded.mails
