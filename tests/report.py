"""What `report --format json` says, against the contract and against what `list` says.

    report.py PROGRAM DATABASE SETTINGS FILTER...

FILTER are words for report: --since, --until, --domain, --rule. Prints `ok - ` and `not ok - ` lines
and a tally, as tests/lib.sh has them.
"""
import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "report"))
from schema import mistakes  # noqa: E402

FATES = "delivered queued held unknown bounced spam refused tempfailed aborted discarded".split()
CRITERIA = "window continuity current intact alive unchanged coverage undecided in_force still_warned".split()
DECISIONS = {"go": 0, "no-go": 1, "not-enough-evidence": 2}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z\Z")
NUMBER, TEXT, LIST, OBJECT, BOOL = (int, float), str, list, dict, bool
NO_GO = {"undecided", "in_force", "still_warned"}

# What must be there, and of which type; None: may be null, too.
REPORT = {"schema": int, "generated_at": TEXT, "rule": TEXT, "title": (TEXT, None), "window": OBJECT, "phase": TEXT,
          "decision": TEXT, "criteria": LIST, "totals": OBJECT, "domains": LIST, "sources": LIST, "regressions": LIST,
          "rule_gaps": LIST, "account": OBJECT, "hosts": LIST, "phases": LIST, "exceptions": LIST, "insiders": LIST,
          "forecast": LIST, "calendar": (OBJECT, None), "estimate": (OBJECT, None)}
CRITERION = {"name": TEXT, "value": TEXT, "threshold": TEXT, "pass": BOOL, "advice": (TEXT, None),
             "figure": (*NUMBER, None), "limit": (*NUMBER, None)}
TOTALS = {"attempts": int, "mails": int, "would_be_lost": int, "recipients": int, "senders": int, "clients": int,
          "sources": int, "fates": OBJECT, "may_return": int, "accepted_mails": int}
HOLE = {"from": (TEXT, None), "to": (TEXT, None), "host": (TEXT, None), "cause": TEXT, "lines": (int, None)}
DOMAIN = {"domain": TEXT, "decision": TEXT, "would_be_lost": int, "criteria": LIST, "phase": TEXT}
SOURCE_KEYS = ("source kind rule clients senders recipients attempts mails would_be_lost fates spf dkim dmarc spam first_seen "
               "last_seen days_seen suggestion reason verdict note").split()

passed = failed = 0


def ok(sentence, good, why=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(("ok - " if good else "not ok - ") + sentence)
    if not good and why != "":
        print("#   " + str(why)[:600])


def same(sentence, expected, got):
    ok(sentence, expected == got, f"expected {expected}, got {got}")


def misfits(shape, value):
    """The keys of `value` that are missing or of another type."""
    wrong = []
    for key, types in shape.items():
        types = types if isinstance(types, tuple) else (types,)
        kinds = tuple(t for t in types if t is not None)
        v = value.get(key, misfits)
        fits = None in types if v is None else isinstance(v, kinds) and (bool in kinds or not isinstance(v, bool))
        if not fits:
            wrong.append(key)
    return wrong


def times_of(value):
    """All texts of the object that are named like times."""
    if isinstance(value, list):
        return [t for v in value for t in times_of(v)]
    if not isinstance(value, dict):
        return []
    own = [v for k, v in value.items() if k in ("from", "to", "since", "first_seen", "last_seen", "log_end") and v]
    return own + [t for v in value.values() for t in times_of(v)]


def decision_of(criteria):
    failing = {c["name"] for c in criteria if not c["pass"]}
    return "go" if not failing else "no-go" if failing & NO_GO else "not-enough-evidence"


def check_criteria(who, one):
    same(f"{who}: the ten criteria in their order", CRITERIA, [c["name"] for c in one["criteria"]])
    same(f"{who}: criteria have their fields", [], [m for c in one["criteria"] for m in misfits(CRITERION, c)])
    ok(f"{who}: advice for each row that fails and for no other",
       all(c["pass"] == (c["advice"] is None) for c in one["criteria"]), one["criteria"])


def check_schema(r):
    with open(os.path.join(HERE, "..", "samples", "report.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    same("it is what samples/report.schema.json says", [], mistakes(schema, r, schema)[:5])
    broken = {**r, "decision": "maybe"}
    ok("and the schema would notice another word", mistakes(schema, broken, schema))


def check_days(r):
    days, totals = r["days"], r["totals"]
    same("the days' mails add up", totals["mails"], sum(d["mails"] for d in days))
    same("the days' losses add up", totals["would_be_lost"], sum(d["would_be_lost"] for d in days))
    same("the days watched are those of the window", r["window"]["days"], sum(d["watched"] for d in days))
    same("the sources seen are all", totals["sources"], days[-1]["sources"] if days else 0)
    same("and so are those that lose mail", totals["losing_sources"], days[-1]["losing_sources"] if days else 0)
    ok("days follow each other", [d["day"] for d in days] == sorted({d["day"] for d in days}))


def value_of(text):
    """A CSV field as JSON has it; a number stays text."""
    return {"": None, "true": True, "false": False}.get(text, text)


def plain(value):
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def check_csv(r, command, words):
    """Each table of CSV says what the JSON says."""
    lists = {"criteria": r["criteria"], "days": r["days"], "sources": r["sources"], "domains": r["domains"], "holes": r["window"]["holes"],
             "exceptions": r["exceptions"], "expired": r["expired"], "regressions": r["regressions"], "forecast": r["forecast"],
             "insiders": r["insiders"], "hosts": r["hosts"], "phases": r["phases"], "rule_gaps": r["rule_gaps"],
             "other_warnings": r["other_warnings"], "inputs": r["inputs"],
             "totals": [{"name": k, "number": v} for k, v in r["totals"].items() if k != "fates"],
             "account": [{"name": k, "number": v} for k, v in r["account"].items()],
             "fates": [{"fate": k, "pairs": v} for k, v in r["totals"]["fates"].items()],
             "rates": [{**d, "verdict": d["verdict"] or "undecided"} for d in r["rates"]]}
    for table, rows in lists.items():
        out = subprocess.run([*command, "report", "--format", "csv", "--csv-raw", "--table", table, *words], stdout=subprocess.PIPE).stdout
        got = list(csv.DictReader(io.StringIO(out.decode("utf-8", "surrogateescape"), newline=""), strict=True))
        shared = [k for k in (got[0] if got else {}) if rows and k in rows[0] and not isinstance(rows[0][k], (list, dict))]
        ok(f"CSV {table}: as many rows as JSON, and shared columns", len(got) == len(rows) and (not rows or len(shared) > 1), (len(got), len(rows)))
        for g, row in zip(got, rows):
            wrong = [(k, g[k], row[k]) for k in shared if value_of(g[k]) != plain(row[k]) and not near(g[k], row[k]) and not empty(g[k], row[k])]
            if wrong:
                same(f"CSV {table}: a row", [], wrong)
                break


def near(text, number):
    """A file name that is null in JSON is the log's in CSV; reals have ten digits."""
    try:
        return abs(float(text) - number) < 1e-6
    except (TypeError, ValueError):
        return number is None and text != ""


def empty(text, value):
    return text in ("<>", "") and value in ("", None)


def check_sql(r, database, given):
    """The same figures from the views of the contract, asked as a user would with sqlite3."""
    if given:
        return
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    one = lambda sql: db.execute(sql, {"rule": r["rule"]}).fetchone()[0]  # noqa: E731
    same("SQL: mails", one("SELECT count(*) FROM mail WHERE rule = :rule"), r["totals"]["mails"])
    same("SQL: would be lost", one("SELECT coalesce(sum(would_be_lost), 0) FROM mail WHERE rule = :rule"), r["totals"]["would_be_lost"])
    same("SQL: by source", db.execute("SELECT source, sum(would_be_lost) FROM mail WHERE rule = ? GROUP BY 1 ORDER BY 1", (r["rule"],)).fetchall(),
         sorted((s["source"], s["would_be_lost"]) for s in r["sources"]))
    same("SQL: by day", db.execute("SELECT date(day * 86400, 'unixepoch'), count(*) FROM mail WHERE rule = ? GROUP BY 1 ORDER BY 1", (r["rule"],)).fetchall(),
         [(d["day"], d["mails"]) for d in r["days"] if d["mails"]])
    db.close()


def check_shape(r):
    same("the report has the fields of the contract", [], misfits(REPORT, r))
    same("totals have theirs", [], misfits(TOTALS, r["totals"]))
    same("schema 1", 1, r["schema"])
    same("holes have theirs", [], [m for h in r["window"]["holes"] for m in misfits(HOLE, h)])
    same("all fates, in their order", FATES, list(r["totals"]["fates"]))
    ok("times are RFC 3339 in UTC", all(TIME.match(t) for t in times_of(r)), times_of(r))
    check_criteria("the rule", r)
    ok("no regression, or no-go", not r["regressions"] or r["decision"] == "no-go")
    if not r["regressions"]:
        same("the decision follows from the criteria", decision_of(r["criteria"]), r["decision"])
    for d in r["domains"]:
        same(f"{d['domain']}: fields of an own domain", [], misfits(DOMAIN, d))
        check_criteria(d["domain"], d)
        same(f"{d['domain']}: its decision follows from its criteria", decision_of(d["criteria"]), d["decision"])
    a = r["account"]
    same("the account adds up", a["lines"], a["understood"] + a["not_of_interest"] + a["not_understood"])


class Lists:
    def __init__(self, command, words):
        self.command, self.words = command, words

    def __call__(self, *what):
        out = subprocess.run([*self.command, "list", *what, *self.words, "--format", "jsonl"], check=True,
                             stdout=subprocess.PIPE).stdout
        return [json.loads(line) for line in out.decode("utf-8", "strict").splitlines()]


def is_below(sender, domain):
    own = (sender or "").rpartition("@")[2].lower()
    return own == domain or own.endswith("." + domain)


def check_mails(r, mails):
    totals = r["totals"]
    lost = [m for m in mails if m["would_be_lost"]]
    pairs = [p["fate"] for m in mails for p in m["recipients"]]
    same("mails are those of list mails", len(mails), totals["mails"])
    same("would-be-lost mails, too", len(lost), totals["would_be_lost"])
    for fate in FATES:
        same(f"pairs with fate {fate} are those of list mails", pairs.count(fate), totals["fates"][fate])
    same("sources are those of list mails", {m["source"] for m in mails}, {s["source"] for s in r["sources"]})
    same("and so is their number", len({m["source"] for m in mails}), totals["sources"])
    same("senders are those of list mails", len({(m["sender"] or "").lower() for m in mails}), totals["senders"])
    people = {p["recipient"].lower() for m in mails for p in m["recipients"] if p["fate"] in FATES[:4] and p["recipient"]}
    same("people are those of list mails", len(people), totals["recipients"])
    for s in r["sources"]:
        own = [m["would_be_lost"] for m in mails if m["source"] == s["source"]]
        if (len(own), sum(own)) != (s["mails"], s["would_be_lost"]):
            same(f"{s['source']}: its mails", (len(own), sum(own)), (s["mails"], s["would_be_lost"]))


def check_numbers(r, lists, domain):
    totals = r["totals"]
    rule = ("--rule", r["rule"])
    mails = lists("mails", *rule)
    warns = [a for a in lists("attempts", *rule) if a["action"] in ("warn", "reject_warning")]
    if domain:
        mails = [m for m in mails if is_below(m["sender"], domain)]
        warns = [a for a in warns if is_below(a["sender"], domain)]
    check_mails(r, mails)
    same("attempts are those of list attempts", len(warns), totals["attempts"])
    if domain:
        return
    sources = lists("sources", *rule)
    same("clients are those of list clients", len(lists("clients", *rule)), totals["clients"])
    same("people are those of list recipients", sum(p["would_be_lost"] > 0 for p in lists("recipients", *rule)),
         totals["recipients"])
    same("the rows of sources are those of list sources", sources, [{k: s[k] for k in SOURCE_KEYS} for s in r["sources"]])
    same("the own domains' losses add up", totals["would_be_lost"], sum(d["would_be_lost"] for d in r["domains"]))


def main():
    program, database, settings, *words = sys.argv[1:]
    command = [program, "--db", database, "--config", settings]
    done = subprocess.run([*command, "report", "--format", "json", *words], stdout=subprocess.PIPE)
    r = json.loads(done.stdout.decode("utf-8", "strict"))
    same("the exit code is the decision's", DECISIONS[r["decision"]], done.returncode)
    check_shape(r)
    check_schema(r)
    check_days(r)
    given = dict(zip(words[::2], words[1::2]))
    if "--since" not in given:  # each table is a run of the program
        check_csv(r, command, words)
    filters = [w for k in ("--since", "--until") if k in given for w in (k, given[k])]
    check_sql(r, database, given)
    check_numbers(r, Lists(command, filters), given.get("--domain"))
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
