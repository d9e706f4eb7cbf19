DELETE FROM roll_person WHERE mails = 0 AND (rule, source, domain, recipient) IN
  (SELECT c1, c2, c3, c4 FROM bulk(:rows) WHERE c5 < 0)
