SELECT id FROM dim_line WHERE host = :host AND service = :service AND action = :action AND stage IS :stage AND proto IS :proto
  AND code IS :code AND dsn IS :dsn AND digits = :digits AND flags = :flags
