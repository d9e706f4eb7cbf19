DELETE FROM roll_evidence WHERE mails = 0 AND (rule, source, domain, spf, dkim, dmarc, spam, flags) IN
  (SELECT c1, c2, c3, c4, c5, c6, c7, c8 FROM bulk(:rows) WHERE c9 < 0)
