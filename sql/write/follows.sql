UPDATE generation SET follows = :follows WHERE gen = :gen AND follows IS NULL
