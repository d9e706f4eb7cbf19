-- What a subject was like when row :id was written (ways_json).
SELECT json_extract(seen, '$.until'), json_extract(seen, '$.days'), json_extract(seen, '$.mails'), json_extract(seen, '$.more'),
  json_extract(seen, '$.spf'), json_extract(seen, '$.dkim'), json_extract(seen, '$.dmarc')
FROM human_verdict WHERE id = :id AND json_valid(seen)
