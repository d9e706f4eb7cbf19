"""Who sends what, and what must come of it: the table that everything here is judged by.

The server goes through these stages; only the first has the article's own map, the others have the plan:
  article   the map says WARN
  warn      the plan with its exceptions in force, still warning
  defer     the softer first day
  reject    the day

What becomes of a recipient is one word: `ok` is accepted and in the mailbox, once; the others are REPLIES. Several
recipients are parted by `/`. `warn:` before it: the rule's warning is in the log, once for each try. `grey ok` is
refused for now and accepted when tried again. After the switch, `rule` is what the plan's last row says (so it depends
on the stage), `block` the same by a row of its own.
"""
from dataclasses import dataclass

STAGES = ("article", "warn", "defer", "reject")
WARN_TEXT = "*** Invalid Inbound Sender ***"
REJECT_TEXT = "Delivery not authorized, message refused"

REPLIES = {   # code and some words of the reply
    "rule": (554, REJECT_TEXT),
    "block": (554, REJECT_TEXT),
    "later": (450, REJECT_TEXT),
    "grey": (450, "Greylisted"),
    "listed": (554, "blocked using bl.test.example"),
    "nobody": (550, "User unknown"),
    "relay": (554, "Relay access denied"),
    "in-house": (554, "Recipient address rejected: Access denied"),
    "no-login": (554, "Client host rejected: Access denied"),
    "not-yours": (553, "Sender address rejected: not owned by user"),
}

FATES = {"ok": "delivered", "grey ok": "delivered", "grey": "tempfailed", "listed": "refused", "nobody": "refused",
         "in-house": "refused"}

MAILBOXES = ("anna", "greta", "clerk", "all-staff")
PROTECTED = ("all-staff",)
PICKY = {"greta"}
LISTED = {"192.0.2.13"}
LOGINS = {"clerk-pc": "clerk", "printer": "printer"}   # user, and the address that is theirs
PASSWORDS = {"clerk-pc": "secret", "printer": "toner"}

CLIENTS = {   # name ("": Postfix says unknown), address
    "news1": ("mx1.news.example", "192.0.2.11"),
    "news-listed": ("mx3.news.example", "192.0.2.13"),
    "news-new": ("mx9.out.news.example", "198.18.5.9"),
    "news-in-spam-net": ("mx4.news.example", "203.0.113.40"),
    "lookalike": ("mx.evilnews.example", "192.0.2.77"),
    "lookalike2": ("news.example.evil.test", "192.0.2.78"),
    "cloud": ("mail-7.cloud.example", "192.0.2.200"),
    "branch": ("", "198.51.100.20"),
    "branch-new": ("", "198.51.100.99"),
    "branch-bad": ("", "198.51.100.66"),
    "v6": ("", "2001:db8:25::5"),
    "v6-new": ("", "2001:db8:25:7::1234"),
    "v6-other": ("", "2001:db8:26::5"),
    "printer": ("", "10.20.30.77"),
    "scanner": ("", "10.20.30.78"),
    "spoofer": ("", "203.0.113.9"),
    "laptop": ("", "192.0.2.150"),
    "stranger": ("", "233.252.0.7"),
}

VERDICTS = (   # subject, verdict
    ("news.example", "exempt"),
    ("198.51.100.0/24", "exempt"),
    ("198.51.100.66", "block"),
    ("2001:db8:25::/48", "exempt"),
    ("203.0.113.0/24", "block"),
    ("boss@company.my", "exempt"),
    ("old@company.my", "block"),
    ("alerts.company.my", "exempt"),
    ("10.20.30.77", "move"),
    ("10.20.30.78", "move"),
)
MOVED_TO_MYNETWORKS = "10.20.30.78"   # the other one has learnt to log in


@dataclass
class Case:
    name: str
    client: str
    sender: str
    to: str               # parted by blanks; ours where no domain is said
    article: str          # what becomes of each in the stage `article`
    reject: str           # and on the day
    login: str = ""
    stages: tuple = STAGES
    submission: bool = False
    swaks: bool = False

    def __post_init__(self):
        self.submission = self.submission or bool(self.login)

    def recipients(self, stage):
        """An address of its own for each mail and recipient, by which it is found again."""
        parts = (who.partition("@") for who in self.to.split())
        return [f"{who}+{stage}-{self.name}@{domain or 'company.my'}" for who, _, domain in parts]

    def expected(self, stage):
        """For each recipient: whether the rule warns, and the words for its tries, one after the other."""
        before, after = (text.split("/") for text in (self.article, self.reject))
        if stage == "article":
            now = before
        elif stage == "warn":
            now = [b if a in ("rule", "block") else a for b, a in zip(before, after)]
        elif stage == "defer":
            now = ["later" if a in ("rule", "block") else a for a in after]
        else:
            now = after
        return [(word.startswith("warn:"), word.removeprefix("warn:").split()) for word in now]


DAY = ("reject",)

CASES = (
    # name            client             sender                  to               article                 reject
    # an organisation, by its verified name
    Case("letter", "news1", "letters@company.my", "anna", "warn:ok", "ok"),
    Case("two", "news1", "letters@company.my", "anna nemo", "warn:ok/warn:nobody", "ok/nobody"),
    Case("both", "news1", "letters@company.my", "anna clerk", "warn:ok/warn:ok", "ok/ok"),
    Case("new-ip", "news-new", "letters@company.my", "anna", "", "ok", stages=DAY),
    Case("lookalike", "lookalike", "letters@company.my", "anna", "warn:ok", "rule"),
    Case("lookalike2", "lookalike2", "letters@company.my", "anna", "warn:ok", "rule"),
    Case("spam-net", "news-in-spam-net", "letters@company.my", "anna", "warn:ok", "block"),
    # an exception skips this rule and no other check
    Case("greylisted", "news1", "letters@company.my", "greta", "warn:grey ok", "grey ok"),
    Case("greylisted6", "v6", "door@company.my", "greta", "warn:grey ok", "grey ok"),
    Case("listed", "news-listed", "letters@company.my", "anna", "warn:listed", "listed"),
    Case("in-house", "news1", "letters@company.my", "all-staff", "warn:in-house", "in-house"),
    Case("relay", "news1", "letters@company.my", "x@elsewhere.example", "relay", "relay"),
    Case("relay-branch", "branch", "till@company.my", "x@elsewhere.example", "relay", "relay"),
    Case("relay-boss", "cloud", "boss@company.my", "x@elsewhere.example", "relay", "relay"),
    # networks without names, and one address within
    Case("branch", "branch", "till@company.my", "anna", "warn:ok", "ok"),
    Case("branch-new", "branch-new", "till@company.my", "anna", "", "ok", stages=DAY),
    Case("branch-bad", "branch-bad", "till@company.my", "anna", "warn:ok", "block"),
    Case("branch-bad2", "branch-bad", "till@company.my", "nemo", "warn:nobody", "block"),
    Case("v6", "v6", "door@company.my", "anna", "warn:ok", "ok"),
    Case("v6-new", "v6-new", "door@company.my", "anna", "", "ok", stages=DAY),
    Case("v6-other", "v6-other", "door@company.my", "anna", "warn:ok", "rule"),
    # sender addresses, and one subdomain
    Case("boss", "cloud", "boss@company.my", "anna", "warn:ok", "ok"),
    Case("boss-case", "cloud", "Boss@Company.MY", "anna", "warn:ok", "ok"),
    Case("boss-spoofed", "spoofer", "boss@company.my", "anna", "warn:ok", "ok"),
    Case("boss-bad-ip", "branch-bad", "boss@company.my", "anna", "warn:ok", "ok"),
    Case("not-boss", "cloud", "clerk@company.my", "anna", "warn:ok", "rule"),
    Case("left-us", "news1", "old@company.my", "anna", "warn:ok", "block"),
    Case("alerts", "cloud", "disk@alerts.company.my", "anna", "warn:ok", "ok"),
    Case("alerts-spoofed", "spoofer", "disk@alerts.company.my", "anna", "warn:ok", "block"),
    # inside hosts: one learns to log in, one goes into mynetworks
    Case("printer", "printer", "printer@company.my", "anna", "warn:ok", "rule", stages=("article",)),
    Case("printer-587", "printer", "printer@company.my", "anna", "ok", "ok", login="printer"),
    Case("scanner", "scanner", "scans@company.my", "anna", "warn:ok", "ok"),
    # those whom the rule is for
    Case("spoof", "spoofer", "clerk@company.my", "anna", "warn:ok", "block"),
    Case("spoof-two", "spoofer", "clerk@company.my", "anna clerk", "warn:ok/warn:ok", "block/block"),
    Case("upper-case", "lookalike", "Clerk@COMPANY.MY", "anna", "warn:ok", "rule"),
    Case("quoted", "lookalike", '"a b"@company.my', "anna", "warn:ok", "rule"),
    Case("quoted-news", "news1", '"a b"@company.my', "anna", "warn:ok", "ok"),
    Case("subdomain", "lookalike", "bulk@lists.company.my", "anna", "warn:ok", "rule"),
    # those whom it is not for
    Case("bounce", "spoofer", "", "anna", "ok", "ok"),
    Case("outsider", "lookalike", "friend@other.example", "anna", "ok", "ok"),
    Case("not-company", "lookalike", "x@notcompany.my", "anna", "ok", "ok"),
    # submission
    Case("no-login", "laptop", "clerk@company.my", "anna", "no-login", "no-login", submission=True),
    Case("no-login-news", "news1", "letters@company.my", "anna", "no-login", "no-login", submission=True),
    Case("not-yours", "laptop", "boss@company.my", "anna", "not-yours", "not-yours", login="clerk-pc"),
    Case("logged-in", "laptop", "clerk@company.my", "anna", "ok", "ok", login="clerk-pc"),
    Case("outward", "laptop", "clerk@company.my", "x@elsewhere.example", "ok", "ok", login="clerk-pc"),
    # the article's two tries, by swaks: from outside without a login, and on 587 with one
    Case("swaks-25", "laptop", "clerk@company.my", "anna", "warn:ok", "rule", swaks=True),
    Case("swaks-587", "laptop", "clerk@company.my", "anna", "ok", "ok", login="clerk-pc", swaks=True),
)
