-- The database of wouldblock. Every table and column says what it is; the
-- views at the end have the names of the contract and are made to be asked
-- with sqlite3. Times are microseconds since 1970 UTC in tables, RFC 3339 text
-- in views.
--
-- Four sorts of rows:
--   facts     what lines of the log said (fact_*, sighting, hole, quarantine)
--   derived   can be rebuilt from facts (roll_*, fate of recipients, source of clients, rule of texts)
--   human     what the admin decided (human_*): nothing that is rebuilt or forgotten touches it
--   running   where we are (generation, pending, owner, meta)
-- A place names a line: generation << 40 | byte offset in the uncompressed
-- stream. An attempt, a transaction and a mail are named by the place of their
-- first line, so every number leads back to the log.

-- ---------------------------------------------------------------- running

CREATE TABLE meta (                  -- one value each, for ourselves
  key TEXT PRIMARY KEY,              -- hash keys of this database, hashes of the settings it was derived with
  value
) WITHOUT ROWID;

CREATE TABLE owner (                 -- who writes (faults.md 1.3): a writer whose lock was lost finds another epoch
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL,            -- grows with each ingest
  pid INTEGER,
  since INTEGER                      -- seconds since 1970
);

CREATE TABLE lost (                  -- what a damaged database covered that stood here before this one
  host TEXT,                         -- null: it could not be read, so nobody knows what it covered
  first_time INTEGER, last_time INTEGER, -- the host's first and latest line in it
  at INTEGER NOT NULL,               -- when it was set aside
  file TEXT NOT NULL                 -- as what
);

CREATE TABLE log (                   -- a log as the admin sees it: all rotations of one file
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE          -- directory and base name, or what --log said
);

CREATE TABLE generation (            -- one row per content stream, however its file is named
  gen INTEGER PRIMARY KEY AUTOINCREMENT,
  log INTEGER NOT NULL REFERENCES log,
  base INTEGER NOT NULL DEFAULT 0,   -- first byte that belongs to us; more than 0 after an edit or a lost tail
  off INTEGER NOT NULL,              -- next unread byte of the uncompressed stream
  head BLOB NOT NULL,                -- the first consumed bytes themselves, at most 1024
  seam BLOB NOT NULL,                -- the bytes just before off, at most 256
  dev INTEGER, ino INTEGER,          -- hints only
  first_stamp INTEGER, last_stamp INTEGER, -- of its first and latest line
  year INTEGER, month INTEGER, anchored INTEGER, folded INTEGER, -- the clock for stamps without a year or zone
  unsure INTEGER NOT NULL DEFAULT 0, -- the year of its stamps is a guess: never good enough for a GO
  family TEXT, rotation INTEGER, dated INTEGER, -- what its name said of its place in a rotated set
  follows INTEGER,                   -- the stream that this one continues without a hole: adjacent rotation numbers or dates
  path_hint TEXT,                    -- where it was last seen
  state INTEGER NOT NULL             -- 0 live, 1 draining, 2 complete, 3 gone
);

CREATE TABLE pending (               -- half-finished sessions, mails and queue files, as they changed batch by batch
  part INTEGER PRIMARY KEY,          -- ascending: of a thing the last that was said counts
  state BLOB NOT NULL                -- things, one after the other: kind (1 byte; 128 more: it is over), key (8), length (4) and
                                     -- so many bytes, as the tracker writes them
);

-- ---------------------------------------------------------------- names

CREATE TABLE host (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);    -- the log's host field
CREATE TABLE service (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE); -- syslog name with daemon: postfix/smtpd
CREATE TABLE word (id INTEGER PRIMARY KEY, text NOT NULL);                -- action, stage, helo, proto, login: short texts

CREATE TABLE domain (                -- of the senders that a rule warned about or refused
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE          -- case folded, no trailing dot; '' of a sender without one
);

CREATE TABLE address (               -- senders and recipients as logged
  id INTEGER PRIMARY KEY,
  text NOT NULL,                     -- '' is the null sender; a blob if it is no UTF-8; unique
  fold INTEGER,                      -- the row of the case-folded spelling; null: it is that already
  domain INTEGER                     -- of senders that a rule warned about or refused
);

CREATE TABLE dim_source (            -- who sends, as an admin would name it
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                -- org net inside shared
  name TEXT NOT NULL,
  domain TEXT NOT NULL,              -- kind shared: the domain that thousands share
  UNIQUE (kind, name, domain)
);

CREATE TABLE client (                -- SMTP clients
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,                -- verified name, 'unknown' as logged, '' if the line has none (postscreen)
  ip TEXT NOT NULL,                  -- as logged
  key BLOB,                          -- the address in 16 bytes, IPv4 v4-mapped; null: it is none
  source INTEGER NOT NULL REFERENCES dim_source -- derived
);

CREATE TABLE dim_rule (              -- the admin's rules; numbers stay
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  title TEXT
);

CREATE TABLE text (                  -- free texts of action lines
  id INTEGER PRIMARY KEY,
  text NOT NULL,                     -- with template = 1: x'01' and S R C I H stand for the row's sender, recipient, client name, client ip, helo
  template INTEGER NOT NULL,
  rule INTEGER NOT NULL,             -- derived: the rule whose pattern matches, 0 none
  listed INTEGER NOT NULL,           -- 1: it says that the client stands on a blocklist (`blocked using`)
  UNIQUE (text, template, rule)
);

CREATE TABLE fate (id INTEGER PRIMARY KEY, name TEXT NOT NULL, loses INTEGER NOT NULL); -- design.md 3, in its order
INSERT INTO fate VALUES (0,'delivered',1),(1,'queued',1),(2,'held',1),(3,'unknown',1),(4,'bounced',0),(5,'spam',0),
  (6,'refused',0),(7,'tempfailed',0),(8,'aborted',0),(9,'discarded',0);

CREATE TABLE evidence (id INTEGER PRIMARY KEY, name TEXT); -- words for SPF, DKIM, DMARC, spam; 0: nothing was said
INSERT INTO evidence VALUES (0,NULL),(1,'pass'),(2,'fail'),(3,'softfail'),(4,'neutral'),(5,'none'),(6,'temperror'),
  (7,'permerror'),(8,'mixed'),(9,'clean'),(10,'spammy'),(11,'spam'),(12,'infected'),(13,'banned'),(14,'bad-header'),
  (15,'oversized'),(16,'unchecked'),(17,'other');

-- ---------------------------------------------------------------- facts

CREATE TABLE dim_line (              -- what action lines have in common; a log has some hundred of these
  id INTEGER PRIMARY KEY,
  host INTEGER NOT NULL, service INTEGER NOT NULL,
  action INTEGER NOT NULL, stage INTEGER, proto INTEGER, -- words
  code INTEGER,                      -- 554
  dsn TEXT,                          -- 5.7.1
  digits INTEGER NOT NULL,           -- fraction digits that the stamp had
  flags INTEGER NOT NULL,            -- 1 warns, 2 applies to the whole transaction, 4 suspect, 8 truncated, 16 canary
  UNIQUE (host, service, action, stage, proto, code, dsn, digits, flags)
);

CREATE TABLE fact_attempt (          -- one action line
  place INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  line INTEGER NOT NULL REFERENCES dim_line,
  pid INTEGER,
  client INTEGER NOT NULL,
  text INTEGER NOT NULL,
  sender INTEGER, recipient INTEGER, -- addresses; null where the line has none
  helo INTEGER, sasl INTEGER,        -- words
  tx INTEGER,                        -- its transaction; null: this line is its first
  count INTEGER NOT NULL             -- 1, or what a repeat marker said
);

CREATE TABLE fact_transaction (      -- transactions that have a queue id or are a later try; the others are in their attempts
  id INTEGER PRIMARY KEY,            -- place of its first line
  mail INTEGER,                      -- the mail it belongs to; null: it is its first transaction
  client INTEGER,
  queue_id TEXT, message_id TEXT
);
CREATE INDEX transaction_of_mail ON fact_transaction (mail) WHERE mail IS NOT NULL;

CREATE TABLE fact_mail (             -- mails with a warned recipient
  id INTEGER PRIMARY KEY,            -- place of the first line of its first transaction
  host INTEGER NOT NULL, sender INTEGER, client INTEGER NOT NULL, -- of the first transaction
  first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, digits INTEGER NOT NULL, -- of its attempts
  day INTEGER NOT NULL,              -- local day of the first attempt, days since 1970
  transactions INTEGER NOT NULL, attempts INTEGER NOT NULL,
  shown_transaction INTEGER,         -- whose queue id and Message-ID stand for the mail; 0: its first
  spf INTEGER NOT NULL, dkim INTEGER NOT NULL, dmarc INTEGER NOT NULL, spam INTEGER NOT NULL, -- evidence
  flags INTEGER NOT NULL             -- 1 a session used TLS, 2 a client of it was refused as listed on a blocklist, 4 logged in
);

CREATE TABLE fact_recipient (        -- what became of each warned recipient
  mail INTEGER NOT NULL,
  recipient INTEGER NOT NULL,        -- the folded address; 0: all recipients of a mail that named none
  text INTEGER NOT NULL,             -- one row for each warning text
  shown INTEGER NOT NULL,            -- the address as first logged
  fate INTEGER NOT NULL,
  since INTEGER NOT NULL,            -- when the log showed this fate
  last_try INTEGER,                  -- of the last 4xx
  PRIMARY KEY (mail, recipient, text)
) WITHOUT ROWID;
CREATE INDEX recipient_may_return ON fact_recipient (last_try) WHERE fate = 7; -- refused for now

CREATE TABLE sighting (              -- mail that was accepted, by what it tells of the rules; most mail tells nothing
  kind INTEGER NOT NULL,             -- 0 own: from an own domain on port 25 without a login; 1 login: from one on 465/587
                                     -- with a login; 2 foreign: from an inside client on port 25, of a domain not ours
  host INTEGER NOT NULL, day INTEGER NOT NULL, -- local day, days since 1970
  client INTEGER NOT NULL,           -- 0 of a login: where somebody travels is nobody's business here
  sender INTEGER NOT NULL,           -- the folded address
  login INTEGER NOT NULL,            -- word; 0 none
  rules INTEGER NOT NULL,            -- bit n: rule n warned about the mail
  mails INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
  PRIMARY KEY (kind, day, sender, client, host, login, rules) -- the day first: a batch of lines changes few pages
) WITHOUT ROWID;

CREATE TABLE hole (                  -- what is missing, and why
  id INTEGER PRIMARY KEY,
  host INTEGER,                      -- null: all hosts of the log
  gen INTEGER,                       -- the stream that the cause stands in
  from_time INTEGER, to_time INTEGER,
  lines INTEGER,                     -- how many, if the log says so
  bytes INTEGER,
  cause TEXT NOT NULL,
  derived INTEGER NOT NULL DEFAULT 0 -- 1: found by comparing streams, made anew after each ingest
);

CREATE TABLE quarantine (            -- samples of lines that were not understood, and damaged ones
  gen INTEGER NOT NULL, off INTEGER NOT NULL,
  len INTEGER NOT NULL, reason TEXT NOT NULL, bytes BLOB,
  PRIMARY KEY (gen, off)
) WITHOUT ROWID;

CREATE TABLE span (                  -- which host's lines a stream holds
  gen INTEGER NOT NULL, host INTEGER NOT NULL,
  first_time INTEGER, last_time INTEGER, lines INTEGER NOT NULL,
  PRIMARY KEY (gen, host)
) WITHOUT ROWID;

CREATE TABLE counted (               -- the account: lines of a stream by what they were
  gen INTEGER NOT NULL,
  sort TEXT NOT NULL,                -- understood, no-interest, not-understood, check
  name TEXT NOT NULL,                -- kind, or row of the shape table
  lines INTEGER NOT NULL,
  PRIMARY KEY (gen, sort, name)
) WITHOUT ROWID;

-- ---------------------------------------------------------------- human

CREATE TABLE human_verdict (         -- what the admin said of a subject, every time; its last row counts, but for `later`
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,               -- when it was said, microseconds
  kind TEXT NOT NULL,                -- sender ip network source domain
  subject TEXT NOT NULL,             -- in one spelling: folded address or domain, canonical ip or network, source's name
  verdict TEXT NOT NULL,             -- exempt move block, clear: none any more, later: ask again
  note TEXT, owner TEXT,
  expires INTEGER,                   -- the last day on which it counts, days since 1970; later: the day on which to ask
  who TEXT,                          -- the login name of whoever said it
  low BLOB, high BLOB, bits INTEGER, -- ip and network: first and last address in 16 bytes, and the length
  seen TEXT                          -- what the subject was like then (JSON), so that a change of its ways is noticed
);
CREATE INDEX verdict_of_subject ON human_verdict (kind, subject, id);

CREATE TABLE human_mail (            -- summaries by mail; sent once a day and set of recipients
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  day INTEGER NOT NULL,              -- of what it tells, local days since 1970
  recipients TEXT NOT NULL,          -- addresses, sorted, each once, parted by commas
  sender TEXT NOT NULL,              -- of the envelope
  message_id TEXT NOT NULL UNIQUE,   -- without <>
  bytes BLOB NOT NULL,               -- the whole mail: who sends it again sends these
  made_at INTEGER NOT NULL,          -- microseconds
  state TEXT NOT NULL CHECK (state IN ('prepared', 'sent', 'given up')), -- prepared: sendmail may have it or not
  sent_at INTEGER,                   -- when sendmail had taken it
  tries INTEGER NOT NULL DEFAULT 0,  -- times that sendmail did not take it
  tried_at INTEGER, why TEXT         -- the last of these, and what it said
);
CREATE INDEX mail_of_day ON human_mail (recipients, day);
CREATE INDEX mail_unsent ON human_mail (day) WHERE state <> 'sent'; -- so that nobody reads through all bytes for these

-- ---------------------------------------------------------------- derived

-- Sums of what is warned: readers ask these, never all facts. sql/write/recount_*.sql make them from the facts; for a
-- stretch of time a reader makes tables of the same names of its own (analyzer/query.h, reader_window). Their source is
-- the first one of its name: in a shared network several domains have sources of one name, and an admin sees one.
CREATE TABLE roll_source_day (       -- per rule, source, domain of the sender and local day
  rule INTEGER NOT NULL, source INTEGER NOT NULL,
  domain INTEGER NOT NULL,           -- 0: the sender has none
  day INTEGER NOT NULL,
  attempts INTEGER NOT NULL,         -- warn and reject_warning lines, by the line's day, sender and client
  mails INTEGER NOT NULL, lost INTEGER NOT NULL, -- by the mail's first attempt
  delivered INTEGER NOT NULL, queued INTEGER NOT NULL, held INTEGER NOT NULL, unknown INTEGER NOT NULL,
  bounced INTEGER NOT NULL, spam INTEGER NOT NULL, refused INTEGER NOT NULL, tempfailed INTEGER NOT NULL,
  aborted INTEGER NOT NULL, discarded INTEGER NOT NULL, -- (mail, recipient) pairs by fate
  first_time INTEGER, last_time INTEGER, -- of the mails' attempts
  PRIMARY KEY (rule, source, day, domain) -- days of a source are counted as they lie
) WITHOUT ROWID;

CREATE TABLE roll_pair (             -- per rule, sender and client of a mail's first transaction: a verdict decides all of its mails
  rule INTEGER NOT NULL, sender INTEGER NOT NULL, client INTEGER NOT NULL, -- 0: not known
  mails INTEGER NOT NULL, lost INTEGER NOT NULL,
  mails_ever INTEGER NOT NULL, lost_ever INTEGER NOT NULL, -- the same; of a stretch: with what was before it
  first_warned INTEGER, last_warned INTEGER, -- lines of its mails
  PRIMARY KEY (rule, sender, client)
) WITHOUT ROWID;

CREATE TABLE roll_person (           -- per rule, source, folded recipient (0: all of a mail) and domain of the sender
  rule INTEGER NOT NULL, source INTEGER NOT NULL, recipient INTEGER NOT NULL, domain INTEGER NOT NULL,
  mails INTEGER NOT NULL, lost INTEGER NOT NULL,
  PRIMARY KEY (rule, source, recipient, domain)
) WITHOUT ROWID;

CREATE TABLE roll_evidence (         -- per rule, source, domain of the sender, and what was said of the mail
  rule INTEGER NOT NULL, source INTEGER NOT NULL, domain INTEGER NOT NULL,
  spf INTEGER NOT NULL, dkim INTEGER NOT NULL, dmarc INTEGER NOT NULL, spam INTEGER NOT NULL, -- evidence
  flags INTEGER NOT NULL,            -- as in fact_mail
  mails INTEGER NOT NULL,
  PRIMARY KEY (rule, source, domain, spf, dkim, dmarc, spam, flags)
) WITHOUT ROWID;

CREATE TABLE roll_loose (            -- warnings of a transaction that is of no mail, or of none yet
  tx INTEGER NOT NULL, rule INTEGER NOT NULL,
  host INTEGER NOT NULL, attempts INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,
  PRIMARY KEY (tx, rule)
) WITHOUT ROWID;

CREATE TABLE roll_line (             -- the few action lines that somebody asks for one by one
  sort INTEGER NOT NULL,             -- 0 suspect, 1 a canary's, 2 a login that does not own its sender
  place INTEGER NOT NULL,
  PRIMARY KEY (sort, place)
) WITHOUT ROWID;

CREATE TABLE roll_place (            -- where to begin, to find the action lines since an hour
  gen INTEGER NOT NULL, hour INTEGER NOT NULL, -- hours since 1970 UTC
  place INTEGER NOT NULL,            -- the lowest of an action line of that hour
  PRIMARY KEY (gen, hour)
) WITHOUT ROWID;

CREATE TABLE roll_hour (             -- per rule and hour of attempts
  rule INTEGER NOT NULL, hour INTEGER NOT NULL, -- hours since 1970 UTC
  attempts INTEGER NOT NULL,
  PRIMARY KEY (rule, hour)
) WITHOUT ROWID;

CREATE TABLE roll_domain_day (       -- a rule at work: per host, sender's domain and local day
  rule INTEGER NOT NULL, host INTEGER NOT NULL, domain INTEGER NOT NULL, day INTEGER NOT NULL,
  warned INTEGER NOT NULL, refused INTEGER NOT NULL, deferred INTEGER NOT NULL, -- lines; deferred: refused with 4xx
  first_warned INTEGER, last_warned INTEGER, first_refused INTEGER, last_refused INTEGER, -- refused for good or for now
  PRIMARY KEY (rule, host, domain, day)
) WITHOUT ROWID;

CREATE TABLE roll_text_day (         -- a rule's warning texts per local day
  text INTEGER NOT NULL, day INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  PRIMARY KEY (text, day)
) WITHOUT ROWID;

CREATE TABLE roll_host_day (         -- what a host took in per local day
  host INTEGER NOT NULL, day INTEGER NOT NULL,
  accepted INTEGER NOT NULL,         -- client= lines of clients that are not loopback
  outside INTEGER NOT NULL,          -- client= and action lines on port 25 of clients that are not inside
  null_sender INTEGER NOT NULL,      -- accepted from outside without a login, from=<>: the rule cannot judge these
  canary INTEGER NOT NULL,           -- warnings that a canary caused
  PRIMARY KEY (host, day)
) WITHOUT ROWID;

CREATE TABLE roll_listed (           -- refusals and warnings that say a client stands on a blocklist
  source INTEGER NOT NULL, day INTEGER NOT NULL, attempts INTEGER NOT NULL,
  PRIMARY KEY (source, day)
) WITHOUT ROWID;

CREATE TABLE roll_text (             -- per text and action
  text INTEGER NOT NULL, action INTEGER NOT NULL,
  attempts INTEGER NOT NULL, first_time INTEGER, last_time INTEGER,
  PRIMARY KEY (text, action)
) WITHOUT ROWID;

-- ---------------------------------------------------------------- views of the contract

CREATE VIEW log_end AS               -- the latest moment that the log has shown
SELECT max(last_stamp) AS time FROM generation;

CREATE VIEW verdict AS               -- what counts now: the last word on each subject, as of the end of the log
SELECT v.id, v.kind, v.subject, v.verdict, v.note, v.owner, date(v.expires * 86400, 'unixepoch') AS expires, v.who,
  strftime('%Y-%m-%dT%H:%M:%SZ', v.at / 1000000, 'unixepoch') AS at, v.at AS at_us, v.low, v.high, v.bits
FROM human_verdict v
WHERE v.id = (SELECT max(w.id) FROM human_verdict w WHERE w.kind = v.kind AND w.subject = v.subject
              AND w.verdict <> 'later')
  AND v.verdict IN ('exempt', 'move', 'block')
  AND (v.expires IS NULL OR v.expires >= coalesce((SELECT time FROM log_end), v.at) / 86400000000);

-- The order of precedence: sender, ip or longest network, source, longest domain of the sender. What decides a mail is
-- coalesce(sender_verdict.own, client_verdict.verdict, sender_verdict.domain). Both views have a row only of whom a verdict
-- covers. A reader takes them into tables of its own first (analyzer/query.c), so that queries join by key.
-- The + before a column in queries (+p.rule =) tells SQLite to expect many rows: else it expects ten, and joins without an
-- index, row by row.
CREATE VIEW client_verdict AS        -- of clients: by their address, else by their source
SELECT client, verdict FROM (
  SELECT client, verdict, max(bits) FROM (
    SELECT c.id AS client, v.id AS verdict, v.bits
    FROM verdict v CROSS JOIN client c ON c.key BETWEEN v.low AND v.high
    WHERE v.kind IN ('ip', 'network')
    UNION ALL
    SELECT c.id, v.id, -1
    FROM client c CROSS JOIN dim_source so ON so.id = c.source CROSS JOIN verdict v ON v.kind = 'source' AND v.subject = so.name)
  GROUP BY client);

CREATE VIEW sender_name AS           -- in one spelling, and the domain; '' of a sender without one
SELECT n.sender, n.address, coalesce((SELECT d.name FROM domain d WHERE d.id = n.domain),
  CASE WHEN instr(n.address, '@') THEN rtrim(substr(CAST(n.address AS TEXT), length(rtrim(CAST(n.address AS TEXT),
    replace(CAST(n.address AS TEXT), '@', ''))) + 1), '.') ELSE '' END) AS domain
FROM (SELECT a.id AS sender, a.domain, coalesce((SELECT f.text FROM address f WHERE f.id = a.fold), a.text) AS address
      FROM address a) n;

CREATE VIEW sender_verdict AS        -- of senders: on the address itself, and on its domain
SELECT * FROM (
  SELECT n.sender,
    (SELECT v.id FROM verdict v WHERE v.kind = 'sender' AND v.subject = n.address) AS own,
    (SELECT v.id FROM verdict v WHERE v.kind = 'domain' AND v.subject <> ''
       AND (n.domain = v.subject OR substr(n.domain, -length(v.subject) - 1) = '.' || v.subject)
     ORDER BY length(v.subject) DESC LIMIT 1) AS domain
  FROM sender_name n
  WHERE EXISTS (SELECT 1 FROM verdict WHERE kind IN ('sender', 'domain')))
WHERE own IS NOT NULL OR domain IS NOT NULL;

CREATE VIEW mail_verdict AS          -- the verdict on each warned mail, the same for who asks of a few mails
SELECT m.id AS mail, coalesce(
  (SELECT v.id FROM verdict v WHERE v.kind = 'sender' AND v.subject = n.address),
  (SELECT v.id FROM verdict v WHERE v.kind IN ('ip', 'network') AND c.key BETWEEN v.low AND v.high ORDER BY v.bits DESC LIMIT 1),
  (SELECT v.id FROM verdict v WHERE v.kind = 'source' AND v.subject = so.name),
  (SELECT v.id FROM verdict v WHERE v.kind = 'domain' AND v.subject <> ''
     AND (n.domain = v.subject OR substr(n.domain, -length(v.subject) - 1) = '.' || v.subject)
   ORDER BY length(v.subject) DESC LIMIT 1)) AS verdict
FROM fact_mail m JOIN client c ON c.id = m.client JOIN dim_source so ON so.id = c.source
LEFT JOIN sender_name n ON n.sender = m.sender
WHERE EXISTS (SELECT 1 FROM human_verdict);

CREATE VIEW recipient_fate AS        -- (mail, recipient, rule), however many texts say so
SELECT r.mail, r.recipient, x.rule, min(r.shown) AS shown, min(r.fate) AS fate, max(r.last_try) AS last_try
FROM fact_recipient r JOIN text x ON x.id = r.text
GROUP BY r.mail, r.recipient, x.rule;

CREATE VIEW attempt AS
SELECT a.place, a.time AS time_us,
  strftime('%Y-%m-%dT%H:%M:%S', a.time / 1000000, 'unixepoch')
    || CASE k.digits WHEN 0 THEN '' ELSE '.' || substr(printf('%06d', a.time % 1000000), 1, k.digits) END || 'Z' AS time,
  h.name AS host, s.name AS service, a.pid, aw.text AS action, sw.text AS stage,
  nullif(c.name, '') AS client_name, nullif(c.ip, '') AS client_ip, k.code, k.dsn,
  CASE x.template WHEN 0 THEN x.text ELSE
    replace(replace(replace(replace(replace(x.text,
      char(1) || 'S', coalesce(sa.text, '')), char(1) || 'R', coalesce(ra.text, '')),
      char(1) || 'C', c.name), char(1) || 'I', c.ip), char(1) || 'H', coalesce(hw.text, '')) END AS text,
  sa.text AS sender, ra.text AS recipient, hw.text AS helo, pw.text AS proto, lw.text AS sasl_username,
  t.queue_id, ru.name AS rule, t.message_id, so.name AS source, f.name AS fate, f.loses AS would_be_lost,
  CASE WHEN f.id = 7 THEN coalesce(rf.last_try + 129600000000 > (SELECT time FROM log_end), 0)
       WHEN f.id IS NOT NULL THEN 0 END AS may_return,
  a.count, k.flags, coalesce(t.mail, t.id, a.tx, a.place) AS mail
FROM fact_attempt a
JOIN dim_line k ON k.id = a.line
JOIN host h ON h.id = k.host
JOIN service s ON s.id = k.service
JOIN word aw ON aw.id = k.action
JOIN client c ON c.id = a.client
JOIN dim_source so ON so.id = c.source
JOIN text x ON x.id = a.text
LEFT JOIN word sw ON sw.id = k.stage
LEFT JOIN word hw ON hw.id = a.helo
LEFT JOIN word pw ON pw.id = k.proto
LEFT JOIN word lw ON lw.id = a.sasl
LEFT JOIN address sa ON sa.id = a.sender
LEFT JOIN address ra ON ra.id = a.recipient
LEFT JOIN dim_rule ru ON ru.id = x.rule
LEFT JOIN fact_transaction t ON t.id = coalesce(a.tx, a.place)
LEFT JOIN fact_recipient rf ON (k.flags & 7) = 1 AND rf.mail = coalesce(t.mail, t.id, a.tx, a.place)
  AND rf.recipient = coalesce(ra.fold, ra.id) AND rf.text = a.text
LEFT JOIN fate f ON f.id = CASE k.flags & 7
    WHEN 1 THEN rf.fate
    WHEN 3 THEN (SELECT min(w.fate) FROM fact_recipient w
                 WHERE w.mail = coalesce(t.mail, t.id, a.tx, a.place) AND w.text = a.text) END;

CREATE VIEW mail AS                  -- one row a mail and rule
SELECT m.id, m.first_time AS first_us, m.last_time AS last_us, m.day,
  strftime('%Y-%m-%dT%H:%M:%S', m.first_time / 1000000, 'unixepoch')
    || CASE m.digits WHEN 0 THEN '' ELSE '.' || substr(printf('%06d', m.first_time % 1000000), 1, m.digits) END || 'Z' AS first_time,
  strftime('%Y-%m-%dT%H:%M:%S', m.last_time / 1000000, 'unixepoch')
    || CASE m.digits WHEN 0 THEN '' ELSE '.' || substr(printf('%06d', m.last_time % 1000000), 1, m.digits) END || 'Z' AS last_time,
  h.name AS host, sa.text AS sender, nullif(c.name, '') AS client_name, c.ip AS client_ip,
  so.name AS source, so.kind AS source_kind,
  q.rule AS rule_id, ru.name AS rule, m.transactions, m.attempts, t.message_id, t.queue_id,
  f.name AS fate, f.loses AS would_be_lost, q.recipients,
  e1.name AS spf, e2.name AS dkim, e3.name AS dmarc, e4.name AS spam_verdict, m.flags & 1 AS tls, m.flags >> 1 & 1 AS listed, m.flags >> 2 & 1 AS logged_in, d.name AS sender_domain,
  (SELECT v.verdict FROM mail_verdict mv JOIN human_verdict v ON v.id = mv.verdict WHERE mv.mail = m.id) AS verdict
FROM (SELECT r.mail, x.rule, min(r.fate) AS fate, count(DISTINCT r.recipient) AS recipients
      FROM fact_recipient r JOIN text x ON x.id = r.text GROUP BY r.mail, x.rule) q
JOIN fact_mail m ON m.id = q.mail
JOIN host h ON h.id = m.host
JOIN client c ON c.id = m.client
JOIN dim_source so ON so.id = c.source
JOIN fate f ON f.id = q.fate
JOIN evidence e1 ON e1.id = m.spf
JOIN evidence e2 ON e2.id = m.dkim
JOIN evidence e3 ON e3.id = m.dmarc
JOIN evidence e4 ON e4.id = m.spam
LEFT JOIN dim_rule ru ON ru.id = q.rule
LEFT JOIN address sa ON sa.id = m.sender
LEFT JOIN domain d ON d.id = sa.domain
LEFT JOIN fact_transaction t ON t.id = CASE m.shown_transaction WHEN 0 THEN m.id ELSE m.shown_transaction END;

CREATE VIEW source_day AS            -- day as YYYY-MM-DD
SELECT so.name AS source, so.kind, ru.name AS rule, date(d.day * 86400, 'unixepoch') AS day, sum(d.attempts) AS attempts,
  sum(d.mails) AS mails, sum(d.lost) AS would_be_lost, sum(d.delivered) AS delivered, sum(d.queued) AS queued,
  sum(d.held) AS held, sum(d.unknown) AS unknown, sum(d.bounced) AS bounced, sum(d.spam) AS spam,
  sum(d.refused) AS refused, sum(d.tempfailed) AS tempfailed, sum(d.aborted) AS aborted, sum(d.discarded) AS discarded
FROM roll_source_day d JOIN dim_source so ON so.id = d.source LEFT JOIN dim_rule ru ON ru.id = d.rule
GROUP BY d.rule, d.source, d.day;

CREATE VIEW source AS                -- one row a source and rule
SELECT so.id, so.name AS source, so.kind, nullif(so.domain, '') AS domain, d.rule AS rule_id, ru.name AS rule,
  sum(d.attempts) AS attempts, sum(d.mails) AS mails, sum(d.lost) AS would_be_lost,
  sum(d.delivered) AS delivered, sum(d.queued) AS queued, sum(d.held) AS held, sum(d.unknown) AS unknown,
  sum(d.bounced) AS bounced, sum(d.spam) AS spam, sum(d.refused) AS refused, sum(d.tempfailed) AS tempfailed,
  sum(d.aborted) AS aborted, sum(d.discarded) AS discarded, count(DISTINCT d.day) AS days_seen
FROM roll_source_day d JOIN dim_source so ON so.id = d.source LEFT JOIN dim_rule ru ON ru.id = d.rule
GROUP BY d.rule, d.source;

CREATE VIEW coverage AS              -- the stretches for which we hold the log
SELECT g.gen, l.name AS log, h.name AS host,
  strftime('%Y-%m-%dT%H:%M:%SZ', p.first_time / 1000000, 'unixepoch') AS first_time,
  strftime('%Y-%m-%dT%H:%M:%SZ', p.last_time / 1000000, 'unixepoch') AS last_time,
  p.lines, g.unsure
FROM span p JOIN generation g ON g.gen = p.gen JOIN log l ON l.id = g.log JOIN host h ON h.id = p.host;
