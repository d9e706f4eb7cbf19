INSERT OR FAIL INTO address (id, text, fold) SELECT c1, c2, c3 FROM bulk(:rows)
