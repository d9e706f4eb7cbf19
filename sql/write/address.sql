INSERT OR FAIL INTO address (id, text, fold, domain) SELECT c1, c2, c3, c4 FROM bulk(:rows)
