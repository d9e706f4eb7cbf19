"""A mail host that writes what Postfix 3.7 and its companions would: for make-log.

mx1 has postscreen, greylisting, SPF, DKIM and DMARC checks, amavis behind the queue and a mailbox store behind LMTP.
Mails are brought in sessions; each step of a mail's life is an event, and its lines are written when it happens.
Times are microseconds of UTC.
"""
import heapq
import itertools
import time

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
SUMMER_ENDS = 1792890000 * SECOND   # 25 October 2026, 01:00 UTC
RULE = "*** Invalid Inbound Sender ***"
HOST = "mx1"
TLS = ("TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 "
       "server-signature RSA-PSS (2048 bits) server-digest SHA256")


class Chance:
    """A generator of our own (splitmix64), so that no change of Python's changes the log."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2 ** 64
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2 ** 64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2 ** 64
        return (z ^ z >> 31) % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def of(self, things):
        return things[self.below(len(things))]

    def percent(self, p):
        return self.below(100) < p

    def some(self, things, n):
        rest = list(things)
        return [rest.pop(self.below(len(rest))) for _ in range(min(n, len(rest)))]

    def word(self, length, letters="BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789"):
        return "".join(self.of(letters) for _ in range(length))


# ------------------------------------------------------------------ time
def stamp(when):
    offset = 2 if when < SUMMER_ENDS else 1
    t = time.gmtime(when // SECOND + offset * 3600)
    return time.strftime("%Y-%m-%dT%H:%M:%S", t) + f".{when % SECOND:06d}+0{offset}:00"


def short_stamp(when):
    t = time.gmtime(when // SECOND + (7200 if when < SUMMER_ENDS else 3600))
    return time.strftime("%b ", t) + f"{t.tm_mday:2d}" + time.strftime(" %H:%M:%S", t)


def delay(us):
    """Seconds as Postfix writes them: two significant digits, nothing below 0.01."""
    s, hundredths = us // SECOND, us % SECOND // 10000
    if s >= 10 or not hundredths or (s and hundredths < 10):
        return str(s)
    return f"{s}.{hundredths // 10}" if s else f"0.{hundredths:02d}".rstrip("0")


# ------------------------------------------------------------------ who is there
class Client:
    """name is the verified one or `unknown`; spf is what policyd-spf says of our own domains there."""

    def __init__(self, name, ip, helo=None, tls=True, spf="Softfail", dkim=None, known=True, pipelining=True):
        self.name, self.ip, self.helo, self.tls, self.spf, self.dkim = name, ip, helo or name, tls, spf, dkim
        self.known, self.pipelining = known, pipelining    # known: postgrey has let it through often enough
        self.text = f"{name}[{ip}]"


class Mail:
    def __init__(self, client, sender, rcpts, *, nobody=(), plan="delivered", answer=None, returns=(), login=False,
                 size=4000, defer=0, message_id=None, lost=None):
        self.client, self.sender, self.rcpts = client, sender, list(rcpts)
        self.nobody = set(nobody)      # recipients that do not exist
        self.plan = plan               # of what is accepted: delivered, spam, bounced
        self.answer = answer           # None, or why every recipient is refused: greylist, rbl, relay, helo, name
        self.returns = list(returns)   # minutes after which a greylisted mail comes again
        self.login, self.size, self.defer, self.lost = login, size, defer, lost
        self.message_id = message_id
        self.id = None                 # queue id
        self.accepted = []
        self.first_try = None
        self.tries = 0
        self.arrived = None            # in its present queue file

    @property
    def own_sender(self):
        return is_own(self.sender)


def is_own(address):
    domain = address.rpartition("@")[2].lower()
    return domain == "firma.example" or domain.endswith(".firma.example")


# ------------------------------------------------------------------ the mail host
class Processes:
    """pids of one service: a process serves one client at a time, at most 100, and goes when idle for 100 s."""

    def __init__(self, host, tag, most_uses=100, idle=100 * SECOND):
        self.host, self.tag, self.most_uses, self.idle, self.all = host, tag, most_uses, idle, []

    def take(self, now):
        for p in self.all:
            if p["free"] <= now:
                if p["uses"] >= self.most_uses or now - p["free"] > self.idle:
                    p.update(pid=self.host.new_pid(), uses=0)
                break
        else:
            p = {"pid": self.host.new_pid(), "uses": 0}
            self.all.append(p)
        p["uses"] += 1
        p["free"] = now + 50000
        p["head"] = f"{self.tag}[{p['pid']}]"
        return p


class Host:
    def __init__(self, chance):
        self.chance, self.lines, self.order, self.pid = chance, [], itertools.count(), 900
        self.inodes, self.next_inode = {}, 0
        names = ("postfix/smtpd", "postfix/submission/smtpd", "postfix/cleanup", "postfix/smtp", "postfix/lmtp",
                 "postfix/bounce", "postfix/dnsblog", "policyd-spf")
        for_ever = ("postfix/qmgr", "postfix/anvil", "postfix/postscreen", "postgrey", "opendkim", "opendmarc")
        self.service = {n: Processes(self, n) for n in names}
        self.service |= {n: Processes(self, n, 10 ** 9, 10 ** 18) for n in for_ever}
        self.service["10025"] = Processes(self, "postfix/smtpd")
        self.service["amavis"] = Processes(self, "amavis", 20, 10 ** 18)

    def new_pid(self):
        in_use = {p["pid"] for s in self.service.values() for p in s.all} if self.pid > 32000 else ()
        while True:
            self.pid += self.chance.between(1, 60)
            if self.pid > 32767:
                self.pid = 400
                in_use = {p["pid"] for s in self.service.values() for p in s.all}
            if self.pid not in in_use:
                return self.pid

    def say(self, when, head, text):
        self.lines.append((when, next(self.order), f"{HOST} {head}: {text}"))

    def log(self, when, service, text):
        """For services whose overlap nobody sees."""
        process = self.service[service].take(when)
        if self.service[service].most_uses > 10 ** 6:
            process["free"] = 0
        self.say(when, process["head"], text)

    def open_file(self, when):
        for _ in range(1000):
            self.next_inode = (self.next_inode + 1) % 113
            if self.inodes.get(self.next_inode, 0) <= when:
                break
        self.inodes[self.next_inode] = 10 ** 18
        return f"{when % SECOND:05X}{0x1A400 + self.next_inode:X}"

    def removed(self, when, qid):
        self.log(when, "postfix/qmgr", f"{qid}: removed")
        self.forget(when, qid)

    def forget(self, when, qid):
        self.inodes[int(qid[5:], 16) - 0x1A400] = when + 1


# ------------------------------------------------------------------ sessions
ORDER = "ehlo starttls auth mail rcpt data rset quit".split()


class Session:
    def __init__(self, world, client, now, submission=False):
        self.world, self.host, self.chance, self.client = world, world.host, world.chance, client
        self.submission = submission
        self.count = {c: [0, 0] for c in ORDER}
        now += self.chance.below(SECOND)
        if not submission:
            now = self.screen(now)
        self.process = self.host.service["postfix/submission/smtpd" if submission else "postfix/smtpd"].take(now)
        self.now = now
        if client.name == "unknown" and self.chance.percent(30):
            self.say(f"warning: hostname static-{client.ip}.isp.example does not resolve to address {client.ip}")
            self.step(30, 90)
        self.say(f"connect from {client.text}")
        self.step(3000, 60000)

    def step(self, low, high):
        self.now += self.chance.between(low, high)

    def say(self, text):
        self.host.say(self.now, self.process["head"], text)

    def did(self, command, good=True):
        self.count[command][not good] += 1

    def screen(self, now):
        c, port = self.client, self.chance.between(32768, 60999)
        log = self.host.log
        log(now, "postfix/postscreen", f"CONNECT from [{c.ip}]:{port} to [192.0.2.25]:25")
        if c.ip.startswith("10."):
            log(now + 200, "postfix/postscreen", f"ALLOWLISTED [{c.ip}]:{port}")
            return now + 900
        if self.world.passed(c.ip, now):
            log(now + 300, "postfix/postscreen", f"PASS OLD [{c.ip}]:{port}")
            return now + 1200
        log(now + 6 * SECOND, "postfix/postscreen", f"PASS NEW [{c.ip}]:{port}")
        return now + 6 * SECOND + 1100

    def hello(self):
        self.did("ehlo")
        if self.client.tls or self.submission:
            self.did("starttls")
            self.step(9000, 90000)
            self.say(f"Anonymous TLS connection established from {self.client.text}: {TLS}")
            self.did("ehlo")
            self.step(2000, 40000)

    def close(self, lost=None):
        self.step(900, 20000)
        if lost:
            self.say(f"lost connection after {lost} from {self.client.text}")
            self.now += 20
        else:
            self.did("quit")
        words, good = [], sum(g for g, _ in self.count.values())
        total = good + sum(b for _, b in self.count.values())
        for c in ORDER:
            g, b = self.count[c]
            if g + b:
                words.append(f"{c}={g}/{g + b}" if b else f"{c}={g}")
        words.append(f"commands={good}/{total}" if good != total or not total else f"commands={good}")
        self.say(f"disconnect from {self.client.text} " + " ".join(words))
        self.process["free"] = self.now + 1

    # -------------------------------------------------------------- one transaction
    def mail(self, m):
        """True if it was accepted: then it has a queue id."""
        if m.login and not self.count["auth"][0]:
            self.did("auth")
        self.did("mail")
        m.tries += 1
        m.first_try = m.first_try or self.now
        m.accepted, m.id = [], None
        for rcpt in m.rcpts:
            self.recipient(m, rcpt)
        if m.accepted and m.lost:
            return False
        if m.accepted:
            self.data(m)
            return True
        if self.client.pipelining:
            self.did("data", False)
            self.did("rset")
        return False

    def recipient(self, m, rcpt):
        c, attributes = self.client, f"from=<{m.sender}> to=<{rcpt}> proto=ESMTP helo=<{self.client.helo}>"
        before = {"relay": f"554 5.7.1 <{rcpt}>: Relay access denied",
                  "helo": f"504 5.5.2 <{c.helo}>: Helo command rejected: need fully-qualified hostname",
                  "name": f"450 4.7.25 Client host rejected: cannot find your hostname, [{c.ip}]"}
        self.step(800, 30000)
        if m.answer in before:
            return self.refuse(m, before[m.answer], attributes)
        if m.own_sender and not m.login:
            self.say(f"{m.id or 'NOQUEUE'}: warn: RCPT from {c.text}: {RULE}; {attributes}")
            self.step(60, 2500)
        if m.answer == "rbl":
            return self.refuse(m, f"554 5.7.1 Service unavailable; Client host [{c.ip}] blocked using bl.rbl.example; "
                                  f"listed, see http://rbl.example/?ip={c.ip}", attributes)
        if rcpt in m.nobody:
            return self.refuse(m, f"550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown in virtual mailbox "
                                  "table", attributes)
        if not m.login:
            self.policies(m, rcpt)
        if m.answer == "greylist":
            return self.refuse(m, f"450 4.2.0 <{rcpt}>: Recipient address rejected: Greylisted, see "
                                  f"http://postgrey.schweikert.ch/help/{rcpt.rpartition('@')[2]}.html", attributes)
        self.did("rcpt")
        m.accepted.append(rcpt)
        if not m.id:
            m.id = self.host.open_file(self.now - self.chance.between(20, 300))
            login = f", sasl_method=PLAIN, sasl_username={m.sender}" if m.login else ""
            self.say(f"{m.id}: client={c.text}{login}")
        return None

    def refuse(self, m, text, attributes):
        self.did("rcpt", False)
        self.say(f"{m.id or 'NOQUEUE'}: reject: RCPT from {self.client.text}: {text}; {attributes}")

    def policies(self, m, rcpt):
        c = self.client
        if not m.id:
            result = c.spf if m.own_sender else self.world.spf_of_others(m, c)
            self.host.log(self.now, "policyd-spf",
                          f": prepend Received-SPF: {result} (mailfrom) identity=mailfrom; client-ip={c.ip}; helo="
                          f"{c.helo.lower()}; envelope-from={m.sender.lower()}; receiver={rcpt.rpartition('@')[2]} ")
            self.step(300, 3000)
        waited = (self.now - m.first_try) // SECOND
        if m.answer == "greylist":
            verdict = "greylist, reason=" + ("new" if m.tries == 1 else f"early-retry ({300 - waited}s missing)")
        elif m.tries > 1:
            verdict = f"pass, reason=triplet found, delay={waited}"
        else:
            verdict = "pass, reason=client " + ("whitelist" if c.ip.startswith("10.") else "AWL")
        self.host.log(self.now, "postgrey", f"{m.id + ': ' if m.id else ''}action={verdict}, client_name={c.name}, "
                      f"client_address={c.ip}, {'sender=' + m.sender + ', ' if m.sender else ''}recipient={rcpt}")
        self.step(60, 900)

    def data(self, m):
        self.did("data")
        self.step(5000, 60000 + m.size // 8)
        host = self.host
        host.log(self.now, "postfix/cleanup", f"{m.id}: message-id=<{m.message_id}>")
        self.step(4000, 30000)
        if not m.login and m.sender:
            domain = m.sender.rpartition("@")[2]
            if self.client.dkim:
                host.log(self.now, "opendkim", f"{m.id}: DKIM verification {self.client.dkim}" if
                         self.client.dkim == "successful" else f"{m.id}: {self.client.dkim}")
                self.step(600, 9000)
            if m.own_sender:
                aligned = self.client.dkim == "successful" or self.client.spf == "Pass"
                host.log(self.now, "opendmarc", f"{m.id}: {domain} {'pass' if aligned else 'fail'}")
                self.step(600, 4000)
        host.log(self.now, "postfix/qmgr",
                 f"{m.id}: from=<{m.sender}>, size={m.size}, nrcpt={len(m.accepted)} (queue active)")
        m.arrived = self.now
        self.step(100, 900)


# ------------------------------------------------------------------ the filter and the last hop
class Delivery:
    def __init__(self, world, m):
        self.world, self.host, self.chance, self.m = world, world.host, world.chance, m

    def status(self, when, service, relay, took, dsn, status):
        all_of_it = max(when - self.m.arrived, took) + 10000
        parts = (10000, all_of_it - took - 10000, 0, took)
        process = self.host.service[service].take(when)
        for rcpt in self.m.accepted:
            text = status.replace("RCPT", rcpt)
            self.host.say(when, process["head"],
                          f"{self.m.id}: to=<{rcpt}>, relay={relay}, delay={delay(all_of_it)}, "
                          f"delays={'/'.join(delay(p) for p in parts)}, dsn={dsn}, status={text}")

    def filter(self, now):
        """amavis; returns when the second queue file can be delivered, or None."""
        m, host, chance = self.m, self.host, self.chance
        took = chance.between(150, 2400) * 1000
        judge = host.service["amavis"].take(now)
        judge["free"] = now + took + 100000
        am_id, mail_id = f"{judge['pid']:05d}-{judge['uses']:02d}", chance.word(12)
        port, done = chance.between(32768, 60999), now + took
        spam = m.plan == "spam"
        second = None if spam else self.hand_back(done - 60000, m)
        way = "Passed CLEAN {RelayedInbound}" if is_own(m.accepted[0]) else "Passed CLEAN {RelayedOutbound}"
        if spam:
            way = "Blocked SPAM {DiscardedInbound,Quarantined}"
        hits = f"{chance.between(7, 24)}.{chance.below(1000):03d}" if spam else f"{chance.between(-19, 19) / 10:g}"
        recipients = ",".join(f"<{r}>" for r in m.accepted)
        quarantine = f"quarantine: {mail_id[0]}/spam-{mail_id}.gz, " if spam else ""
        host.say(done, judge["head"],
                 f"({am_id}) {way}, [{m.client.ip}]:{port} [{m.client.ip}] <{m.sender}> -> {recipients}, {quarantine}"
                 f"Queue-ID: {m.id}, Message-ID: <{m.message_id}>, mail_id: {mail_id}, Hits: {hits}, "
                 f"size: {m.size}, {'' if spam else f'queued_as: {second}, '}{took // 1000} ms")
        if spam:
            self.status(done + 900, "postfix/smtp", "127.0.0.1[127.0.0.1]:10024", took, "2.7.0",
                        f"sent (250 2.7.0 Ok, discarded, id={am_id} - spam)")
        else:
            self.status(done + 900, "postfix/smtp", "127.0.0.1[127.0.0.1]:10024", took, "2.0.0",
                        f"sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as {second})")
        host.removed(done + 1100, m.id)
        m.id, m.arrived = second, done
        return None if spam else done + chance.between(1500, 20000)

    def hand_back(self, now, m):
        host, chance, n = self.host, self.chance, len(m.accepted)
        back = host.service["10025"].take(now)
        host.say(now, back["head"], "connect from localhost[127.0.0.1]")
        now += chance.between(900, 5000)
        second = host.open_file(now - 90)
        host.say(now, back["head"],
                 f"{second}: client=localhost[127.0.0.1], orig_queue_id={m.id}, orig_client={m.client.text}")
        now += chance.between(300, 4000)
        host.log(now, "postfix/cleanup", f"{second}: message-id=<{m.message_id}>")
        now += chance.between(300, 4000)
        host.log(now, "postfix/qmgr", f"{second}: from=<{m.sender}>, size={m.size + 471}, nrcpt={n} (queue active)")
        now += 400
        host.say(now, back["head"],
                 f"disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt={n} data=1 quit=1 commands={n + 5}")
        back["free"] = now + 1
        return second

    def last_hop(self, now):
        """True if that was the end of it."""
        m, host, chance = self.m, self.host, self.chance
        inside = is_own(m.accepted[0])
        took = chance.between(8, 60) * 1000 if inside else chance.between(60, 2500) * 1000
        now += took
        if inside:
            service, relay = "postfix/lmtp", "mx1.firma.example[private/dovecot-lmtp]"
            good = f"sent (250 2.0.0 <RCPT> {chance.word(22)} Saved)"
            later = ("4.2.2", f"deferred (host {relay} said: 452 4.2.2 <RCPT> Quota exceeded (mailbox for user is "
                              "full) (in reply to end of DATA command))")
            bad = ("5.1.1", f"bounced (host {relay} said: 550 5.1.1 <RCPT> User doesn't exist: RCPT (in reply to RCPT "
                            "TO command))")
        else:
            service, domain = "postfix/smtp", m.accepted[0].rpartition("@")[2]
            peer = self.world.mta_of(domain)
            relay = f"{peer.text}:25"
            host.say(now - took + 20000, host.service[service].take(now)["head"],
                     f"Untrusted TLS connection established to {relay}: {TLS}")
            good = f"sent (250 2.0.0 Ok: queued as {chance.word(15)})"
            later = ("4.7.1", f"deferred (host {peer.text} said: 450 4.7.1 <RCPT>: Recipient address rejected: "
                              "Greylisted (in reply to RCPT TO command))")
            bad = ("5.1.1", f"bounced (host {peer.text} said: 550 5.1.1 <RCPT>: Recipient address rejected: User "
                            "unknown (in reply to RCPT TO command))")
        if m.defer:
            m.defer -= 1
            self.status(now, service, relay, took, *later)
            return False
        self.status(now, service, relay, took, *(bad if m.plan == "bounced" else ("2.0.0", good)))
        if m.plan == "bounced":
            now = self.notice(now + 500)
        host.removed(now + 300, m.id)
        return True

    def notice(self, now):
        m, host = self.m, self.host
        note = Mail(m.client, "", [m.sender], size=m.size + 2600)
        note.accepted, note.arrived = [m.sender], now
        note.id = host.open_file(now)
        note.message_id = f"{now // SECOND}.{note.id}@mx1.firma.example"
        host.log(now, "postfix/cleanup", f"{note.id}: message-id=<{note.message_id}>")
        host.log(now + 800, "postfix/qmgr", f"{note.id}: from=<>, size={note.size}, nrcpt=1 (queue active)")
        host.log(now + 860, "postfix/bounce", f"{m.id}: sender non-delivery notification: {note.id}")
        Delivery(self.world, note).last_hop(now + 2000)
        return now + 900


# ------------------------------------------------------------------ what happens
class World:
    """The host, the clock, and the mails on their way. Nothing happens from `end` on."""

    def __init__(self, seed, end):
        self.chance = Chance(seed)
        self.host = Host(self.chance)
        self.events, self.order, self.serial = [], itertools.count(), itertools.count(1)
        self.seen, self.peers, self.neighbours = {}, {}, {}
        self.end = end

    def at(self, when, what, *arguments):
        heapq.heappush(self.events, (when, next(self.order), what, arguments))

    def run(self, out):
        while self.events:
            when, _, what, arguments = heapq.heappop(self.events)
            if when < self.end:
                what(when, *arguments)
        for when, _, text in sorted(self.host.lines):
            if when < self.end:
                out.write(f"{stamp(when)} {text}\n")

    def passed(self, ip, now):
        """postscreen remembers for a month who passed."""
        before, self.seen[ip] = self.seen.get(ip), now
        return before is not None and now - before < 30 * DAY

    def spf_of_others(self, m, client):
        return "Pass" if client.name.endswith(m.sender.rpartition("@")[2]) and m.sender else "None"

    def mta_of(self, domain):
        if domain not in self.peers:
            n = len(self.peers)
            ip = f"198.18.{n // 200}.{n % 200 + 10}"
            self.peers[domain] = Client(f"mail.{domain}", ip, spf="None", known=n % 9 != 0)
        return self.peers[domain]

    def bring(self, now, *mails, lost=None):
        """One session; all mails have the same client."""
        first = mails[0]
        for m in mails:
            domain = m.sender.rpartition("@")[2] or first.client.name
            m.message_id = m.message_id or f"{self.chance.word(10)}.{next(self.serial)}@{domain}"
        s = Session(self, first.client, now, first.login)
        s.hello()
        for m in mails:
            if s.mail(m):
                self.at(s.now + self.chance.between(4000, 90000), self.filtered, m)
            elif m.lost:
                s.step(2 * SECOND, 40 * SECOND)
                self.host.forget(s.now, m.id)
                s.did("data", False)
                lost = m.lost
            elif m.answer == "greylist" and m.returns:
                self.at(s.now + m.returns.pop(0) * MINUTE + self.chance.below(40 * SECOND), self.again, m)
        s.close(lost)

    def again(self, now, m):
        if now - m.first_try > 5 * MINUTE:
            m.answer = None
        m.client = self.neighbours.get(m.client, m.client)
        self.bring(now, m)

    def filtered(self, now, m):
        ready = Delivery(self, m).filter(now)
        if ready:
            self.at(ready, self.delivered, m)

    def delivered(self, now, m, again=False):
        if again:
            self.host.log(now - 300, "postfix/qmgr", f"{m.id}: from=<{m.sender}>, size={m.size + 471}, "
                          f"nrcpt={len(m.accepted)} (queue active)")
        if not Delivery(self, m).last_hop(now):
            self.at(now + self.chance.between(900, 4000) * SECOND, self.delivered, m, True)
