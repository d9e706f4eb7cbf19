SELECT id, text FROM word
