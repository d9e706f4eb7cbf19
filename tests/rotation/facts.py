"""
All that a database says of a log, with every place as the text of its line, so that it is the
same however the log lay in files: attempts, transactions, mails, fates, what is half finished,
and the sums.
"""
import gzip
import sqlite3
from collections import Counter
from pathlib import Path

PENDING = (Path(__file__).parent.parent / "pending.sql").read_text()
PLACES = [
    "SELECT line(a.place), line(coalesce(a.tx, a.place)), a.time, a.count, s.name, a.pid, c.name, c.ip FROM fact_attempt a"
    " JOIN dim_line k ON k.id = a.line JOIN service s ON s.id = k.service JOIN client c ON c.id = a.client",
    "SELECT line(place), line(mail), time_us, host, action, stage, code, dsn, text, sender, recipient, helo, proto,"
    " sasl_username, queue_id, rule, message_id, source, fate, would_be_lost, may_return, count, flags FROM attempt",
    "SELECT line(t.id), line(coalesce(t.mail, t.id)), c.ip, t.queue_id, t.message_id"
    " FROM fact_transaction t LEFT JOIN client c ON c.id = t.client",
    "SELECT line(id), first_us, last_us, day, host, sender, client_ip, source, rule, transactions, attempts, message_id,"
    " queue_id, fate, recipients, spf, dkim, dmarc, spam_verdict, tls, listed, logged_in FROM mail",
    "SELECT line(r.mail), a.text, s.text, x.text, f.name, r.since, r.last_try FROM fact_recipient r"
    " JOIN fate f ON f.id = r.fate JOIN text x ON x.id = r.text LEFT JOIN address a ON a.id = r.recipient"
    " LEFT JOIN address s ON s.id = r.shown",
    "SELECT line(tx), rule, attempts, first_time, last_time FROM roll_loose",
    "SELECT sort, line(place) FROM roll_line",
]
SUMS = [
    f"SELECT kind, count(*) FROM ({PENDING}) GROUP BY 1",
    "SELECT sort, name, sum(lines) FROM counted GROUP BY 1, 2",
    "SELECT h.name, sum(p.lines), min(p.first_time), max(p.last_time) FROM span p JOIN host h ON h.id = p.host GROUP BY 1",
    "SELECT source, kind, rule, day, attempts, mails, would_be_lost, delivered, queued, held, unknown, bounced, spam, refused,"
    " tempfailed, aborted, discarded FROM source_day",
    "SELECT hour, sum(attempts) FROM roll_hour GROUP BY 1",
    "SELECT p.rule, a.text, c.ip, p.mails, p.lost, p.first_warned, p.last_warned FROM roll_pair p"
    " LEFT JOIN address a ON a.id = p.sender LEFT JOIN client c ON c.id = p.client WHERE p.mails <> 0",
    "SELECT p.rule, s.name, a.text, d.name, p.mails, p.lost FROM roll_person p JOIN dim_source s ON s.id = p.source"
    " LEFT JOIN address a ON a.id = p.recipient LEFT JOIN domain d ON d.id = p.domain WHERE p.mails <> 0",
    "SELECT e.rule, s.name, d.name, e.spf, e.dkim, e.dmarc, e.spam, e.flags, e.mails FROM roll_evidence e"
    " JOIN dim_source s ON s.id = e.source LEFT JOIN domain d ON d.id = e.domain WHERE e.mails <> 0",
    "SELECT h.name, x.name, d.day, d.warned, d.refused, d.deferred, d.first_warned, d.last_warned, d.first_refused,"
    " d.last_refused FROM roll_domain_day d JOIN host h ON h.id = d.host LEFT JOIN domain x ON x.id = d.domain",
    "SELECT h.name, d.day, d.accepted, d.outside, d.null_sender, d.canary FROM roll_host_day d JOIN host h ON h.id = d.host",
    "SELECT x.text, sum(t.attempts), min(t.first_time), max(t.last_time) FROM roll_text t JOIN text x ON x.id = t.text GROUP BY 1",
    "SELECT s.name, l.day, l.attempts FROM roll_listed l JOIN dim_source s ON s.id = l.source",
    "SELECT k.kind, h.name, k.day, a.text, k.rules, k.mails, k.first_time, k.last_time FROM sighting k"
    " JOIN host h ON h.id = k.host LEFT JOIN address a ON a.id = k.sender",
]


def place_of(whole, head, seam, off):
    """
    Where in the whole log a stream begins that has this head, and these bytes right before its place `off`; NULs in front
    of it are bytes of the stream, too. The head alone does not tell: a stream may begin in the middle of a line.
    """
    bare = head.lstrip(b"\0")
    nuls, at = len(head) - len(bare), whole.find(bare) if bare else -1
    while at >= 0:
        end = at - nuls + off
        if whole[max(0, end - len(seam)):max(0, end)] == seam:
            return at - nuls
        at = whole.find(bare, at + 1)
    raise AssertionError("a stream that is not of this log")


def texts(db, whole):
    """A function: place to line, by where each stream of the database stands in the whole log."""
    begin = {gen: place_of(whole, head, seam, off)
             for gen, head, seam, off in db.execute("SELECT gen, head, seam, off FROM generation")}

    def line(place):
        if place is None:
            return None
        start = begin[place >> 40] + (place & ((1 << 40) - 1))
        return whole[start:whole.find(b"\n", start)]
    return line


def facts(path, whole):
    """For each question the multiset of its answers."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.text_factory = lambda b: b
    db.create_function("line", 1, texts(db, whole))
    try:
        said = [Counter(db.execute(q)) for q in PLACES + SUMS]
        said.append(Counter(db.execute("PRAGMA integrity_check")))
        return said
    finally:
        db.close()


def differences(ours, theirs):
    """What to tell of two that should be equal; nothing if they are."""
    out = []
    for q, a, b in zip(PLACES + SUMS + ["integrity"], ours, theirs):
        lost, more = b - a, a - b
        if lost or more:
            out.append(f"{q[:60]}...: {sum(lost.values())} missing, {sum(more.values())} too many of {sum(b.values())}")
            out += ["  missing " + str(x)[:300] for x in list(lost)[:2]] + ["  too many " + str(x)[:300] for x in list(more)[:2]]
    return out


def content(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        return f.read()
