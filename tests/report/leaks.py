"""No person, and no address of a client, in what `report --anonymize` says, in any format.

    leaks.py PROGRAM DATABASE SETTINGS SECRETS WORD...

SECRETS is a file of words that must not turn up at all, one a line. WORD are more words for report. Prints
`ok - ` and `not ok - ` lines and a tally, as tests/lib.sh has them.
"""
import json
import re
import sqlite3
import subprocess
import sys

TABLES = """criteria totals fates days sources domains exceptions expired rates regressions forecast insiders hosts phases holes
    rule_gaps other_warnings account inputs""".split()
passed = failed = 0


def ok(sentence, good, why=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(("ok - " if good else "not ok - ") + sentence)
    if not good and why != "":
        print("#   " + str(why)[:600])


def known(database):
    """All that the database knows of people and clients: what to look for, as patterns."""
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    db.text_factory = bytes
    column = lambda sql: [bytes(r[0]) for r in db.execute(sql) if r[0]]  # noqa: E731
    addresses = {a for a in column("SELECT text FROM address") if b"@" in a}
    logins = set(column("SELECT w.text FROM word w WHERE w.id IN (SELECT login FROM sighting WHERE login)"))
    ips = set(column("SELECT ip FROM client"))
    names = {n for n in column("SELECT name FROM client") if n != b"unknown"}
    sources = set(column("SELECT name FROM dim_source"))
    db.close()
    word = lambda w: re.compile(rb"(?<![A-Za-z0-9._-])" + re.escape(w) + rb"(?![A-Za-z0-9._-]|/[0-9])", re.I)  # noqa: E731
    return ([re.compile(re.escape(a.rpartition(b"@")[0]) + rb"@", re.I) for a in addresses]
            + [word(a) for a in addresses] + [word(w) for w in logins] + [word(i) for i in ips if re.search(rb"[0-9a-f][.:]", i)]
            + [word(n) for n in names if n not in sources])


def main():
    program, database, settings, secrets, *words = sys.argv[1:]
    command = [program, "--db", database, "--config", settings, "report", *words]
    with open(secrets, "rb") as f:
        patterns = known(database) + [re.compile(re.escape(s), re.I) for s in f.read().splitlines() if s]
    outputs = {}
    for how in (["text", "--top", "10000"], ["html", "--top", "10000"], ["md", "--top", "10000"], ["json"],
                *(["csv", "--table", t] for t in TABLES), ["csv", "--csv-raw"]):
        run = lambda *more: subprocess.run([*command, "--format", *how, *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: E731
        name = " ".join(how)
        done = run("--anonymize")
        outputs[name] = done.stdout
        ok(f"{name}: a report", done.returncode <= 2 and done.stdout, done)
        found = {m.group(0) for p in patterns for m in [p.search(done.stdout)] if m}
        ok(f"{name}: nothing leaks", not found, sorted(found)[:20])
        if how[0] in ("text", "json"):
            open_text = run().stdout
            ok(f"{name}: without --anonymize there is something to find", any(p.search(open_text) for p in patterns))
    r = json.loads(outputs["json"])
    seen = {g["sender"] for g in r["rule_gaps"]} | {i["sender"] for i in r["insiders"]} | {e["subject"] for e in r["exceptions"]
                                                                                          if e["kind"] == "sender"}
    people = {p for p in seen if p and "@" in p}
    ok("people are pseudonyms", all(re.match(r"p[a-z2-9]{8}@", p) for p in people), people)
    ok("the same one in every format", all(p.encode() in outputs["html --top 10000"] for p in people), people)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
