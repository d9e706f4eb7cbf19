INSERT OR FAIL INTO address (text, fold, domain) SELECT c2, c3, c4 FROM bulk(:rows)
