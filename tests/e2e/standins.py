"""What stands around a Postfix, as small as it can be: greylisting and a blocklist (both answer Postfix's policy
protocol, SMTPD_POLICY_README) and the place where logins are checked (Dovecot's auth protocol, which smtpd speaks).
All live in threads of this process, so that they end with it.
"""
import base64
import socketserver
import threading


class Standin(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, talk):
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    talk(self)
                except ConnectionError:
                    pass   # smtpd has ended

        super().__init__(("127.0.0.1", 0), Handler)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


def policy_talk(decide):
    """decide(attributes) -> action"""
    def talk(handler):
        attributes = {}
        for line in handler.rfile:
            line = line.decode(errors="surrogateescape").rstrip("\n")
            if line:
                key, _, value = line.partition("=")
                attributes[key] = value
            else:
                handler.wfile.write(f"action={decide(attributes)}\n\n".encode())
                attributes = {}
    return talk


class Standins:
    """picky: local parts whose mail is greylisted; listed: addresses that the blocklist has;
    passwords: by user."""

    def __init__(self, picky, listed, passwords):
        self.picky, self.listed, self.passwords = picky, listed, passwords
        self.seen = set()
        self.greylist = Standin(policy_talk(self.judge_greylist))
        self.blocklist = Standin(policy_talk(self.judge_blocklist))
        self.auth = Standin(self.auth_talk)

    def forget(self):
        """What was greylisted is new again."""
        self.seen.clear()

    def judge_greylist(self, a):
        if a["recipient"].partition("@")[0].partition("+")[0] not in self.picky:
            return "DUNNO"
        triplet = a["client_address"], a["sender"], a["recipient"]
        if triplet in self.seen:
            return "DUNNO"
        self.seen.add(triplet)
        return "DEFER_IF_PERMIT Greylisted, see http://postgrey.schweikert.ch/help/company.my.html"

    def judge_blocklist(self, a):
        ip = a["client_address"]
        if ip not in self.listed:
            return "DUNNO"
        return f"554 5.7.1 Service unavailable; Client host [{ip}] blocked using bl.test.example"

    def auth_talk(self, handler):
        handler.wfile.write(b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\n"
                            b"COOKIE\t00000000000000000000000000000000\nDONE\n")
        for line in handler.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] != "AUTH":
                continue
            given = dict(w.partition("=")[::2] for w in words[3:])
            _, user, password = base64.b64decode(given["resp"] + "==").decode().split("\0")
            verdict = "OK" if self.passwords.get(user) == password else "FAIL"
            handler.wfile.write(f"{verdict}\t{words[1]}\tuser={user}\n".encode())
