-- Where a mail stands in the sums, as it was told.
SELECT m.sender, m.client, m.day, m.first_time, m.last_time, m.spf, m.dkim, m.dmarc, m.spam, m.flags
FROM fact_mail m WHERE m.id = :id
