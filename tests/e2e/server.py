"""A Postfix of our own: everything it needs lies in one folder, it listens on loopback alone, and nothing of the
machine's own Postfix (configuration, queue, data) is read or written but the package's list of loadable tables.

Loopback may say XCLIENT, so that a test is any client it likes without a network. The recipient restrictions stand in
the order of the article, with greylisting, a blocklist and a restriction class of the site's own behind the rule, where
an exception must not skip them.
"""
import os
import pwd
import shutil
import socket
import subprocess
import time

DOMAIN = "company.my"
MAP = "check_custom_sender_access"
OWN_CLASS = "in_house"   # in use already, before there is a plan
HOST = "mx1.company.my"
PATIENCE = 15   # seconds, for what takes milliseconds

MAIN_CF = """\
compatibility_level = 3.6
config_directory = {etc}
meta_directory = {etc}
queue_directory = {top}/spool
data_directory = {top}/data
mail_owner = postfix
setgid_group = postdrop
multi_instance_directories =
multi_instance_wrapper =
maillog_file = {log}
maillog_file_prefixes = {top}, /dev/stdout

myhostname = {host}
mydestination =
mynetworks = 127.0.0.0/8 [::1]/128
inet_interfaces = loopback-only
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_error_sleep_time = 0
default_transport = discard
append_dot_mydomain = no
recipient_delimiter = +
alias_maps =

virtual_mailbox_domains = {domain}
virtual_mailbox_base = {top}/boxes
virtual_mailbox_maps = texthash:{etc}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}

smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_sender_login_maps = texthash:{etc}/logins

smtpd_relay_restrictions =
smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination,
    check_sender_access hash:{etc}/{map},
    check_policy_service inet:127.0.0.1:{greylist_port},
    check_policy_service inet:127.0.0.1:{blocklist_port},
    check_recipient_access texthash:{etc}/protected
smtpd_restriction_classes = {own_class}
{own_class} = permit_mynetworks, reject
"""

MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
    -o syslog_name=postfix/submission
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
    -o smtpd_sender_restrictions=reject_sender_login_mismatch
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
anvil unix - - n - 1 anvil
"""


def free_ports(n):
    """Ports of loopback that nobody has now; all are held until the last is found, so that they differ."""
    held = [socket.socket() for _ in range(n)]
    for s in held:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def wait_until(what, is_true):
    """Asks until it is true; a fixed sleep would be either too short or too long."""
    until = time.monotonic() + PATIENCE
    while not is_true():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {PATIENCE} s in vain until {what}")
        time.sleep(0.01)


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def children(pid):
    """The processes that PID has started: name by pid."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    stat = f.read()
            except OSError:
                continue   # it has ended
            name, rest = stat[stat.index("(") + 1:].rsplit(")", 1)
            if int(rest.split()[1]) == pid:
                found[int(entry)] = name
    return found


class Server:
    """start() … stop(), once each. With `foreground` it logs to stdout, which is caught in the same file."""

    def __init__(self, top, standins, foreground=False):
        self.top, self.standins, self.foreground = top, standins, foreground
        self.etc, self.log = f"{top}/etc", f"{top}/log/mail.log"
        self.smtp, self.submission = free_ports(2)
        self.process, self.sessions = None, 0
        for folder in ("etc", "spool", "data", "log", "boxes"):
            os.makedirs(f"{top}/{folder}")
        os.chmod(top, 0o755)   # its daemons are not root
        owner = pwd.getpwnam("postfix")
        os.chown(f"{top}/data", owner.pw_uid, owner.pw_gid)
        nobody = pwd.getpwnam("nobody")
        os.chown(f"{top}/boxes", nobody.pw_uid, nobody.pw_gid)
        self.copy_tables_list()
        write(f"{self.etc}/main.cf", MAIN_CF.format(
            etc=self.etc, top=top, log="/dev/stdout" if foreground else self.log, host=HOST, domain=DOMAIN, map=MAP,
            own_class=OWN_CLASS, uid=nobody.pw_uid, gid=nobody.pw_gid, auth_port=standins.auth.port,
            greylist_port=standins.greylist.port, blocklist_port=standins.blocklist.port))
        write(f"{self.etc}/master.cf", MASTER_CF.format(smtp=self.smtp, submission=self.submission))

    def copy_tables_list(self):
        """Which file has the code of pcre: tables is said by the package, in dynamicmaps.cf."""
        where = subprocess.run(["postconf", "-d", "-h", "meta_directory"], check=True, capture_output=True, text=True)
        for name in ("dynamicmaps.cf", "dynamicmaps.cf.d", "postfix-files", "postfix-files.d"):
            path = f"{where.stdout.strip()}/{name}"
            if os.path.isdir(path):
                shutil.copytree(path, f"{self.etc}/{name}")
            elif os.path.exists(path):
                shutil.copy(path, self.etc)

    # -------------------------------------------------------------- its configuration

    def people(self, mailboxes, logins, protected):
        """mailboxes: local parts that exist; logins: local part by user; protected: who gets no mail from outside."""
        write(f"{self.etc}/mailboxes", "".join(f"{p}@{DOMAIN} {p}/\n" for p in mailboxes))
        write(f"{self.etc}/logins", "".join(f"{p}@{DOMAIN} {user}\n" for user, p in logins.items()))
        write(f"{self.etc}/protected", "".join(f"{p}@{DOMAIN} {OWN_CLASS}\n" for p in protected))

    def postmap(self, name=MAP):
        """What postmap says of the table when it is made."""
        done = subprocess.run(["postmap", "-c", self.etc, f"hash:{self.etc}/{name}"], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"postmap: {done.stderr}")
        return done.stderr

    def set(self, settings):
        """main.cf settings, by postconf -e as an admin would."""
        self.command("postconf", "-e", *(f"{name} = {value}" for name, value in settings.items()))

    def command(self, name, *args):
        done = subprocess.run([name, "-c", self.etc, *args], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{name} {' '.join(args)}: status {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    # -------------------------------------------------------------- its life

    def start(self):
        if self.foreground:
            with open(self.log, "a") as log:
                self.process = subprocess.Popen(["postfix", "-c", self.etc, "start-fg"], stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=subprocess.DEVNULL, start_new_session=True)
        else:
            self.command("postfix", "start")
        for port in (self.smtp, self.submission):
            wait_until(f"port {port} answers", lambda: self.answers(port))
        self.wait_for_sessions(2)

    def wait_for_sessions(self, n):
        """Returns when n more sessions have ended in the log, since it was asked last or the log was rotated."""
        self.sessions += n
        wait_until("the log has the end of each session",
                   lambda: self.log_text().count(": disconnect from ") >= self.sessions)

    def answers(self, port):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as s:
                greeting = s.recv(100)
                s.sendall(b"QUIT\r\n")
                s.recv(100)
            return greeting.startswith(b"220")
        except ConnectionRefusedError:
            return False

    def master(self):
        """The pid of the running master, or None."""
        try:
            with open(f"{self.top}/spool/pid/master.pid") as f:
                pid = int(f.read())
            os.kill(pid, 0)
            return pid
        except (OSError, ValueError):
            return None

    def reload(self):
        """Returns when no smtpd that knows the old tables is left."""
        before = self.smtpds()
        self.command("postfix", "reload")
        wait_until("the old smtpd processes are gone", lambda: not before & self.smtpds())

    def smtpds(self):
        return {pid for pid, name in children(self.master()).items() if name == "smtpd"}

    def stop(self):
        pid = self.master()
        if pid:
            family = [pid, *children(pid)]
            self.command("postfix", "stop")
            wait_until("all its processes have ended", lambda: not any(os.path.exists(f"/proc/{p}") for p in family))
        if self.process:
            self.process.wait(PATIENCE)

    # -------------------------------------------------------------- what it did

    def log_text(self):
        try:
            with open(self.log, errors="surrogateescape") as f:
                return f.read()
        except FileNotFoundError:
            return ""   # just rotated

    def settle(self, queued, sessions):
        """Returns when the queue is empty and the log tells the end of these queue ids and of as many sessions."""
        wait_until("the queue is empty", lambda: not self.command("postqueue", "-j"))
        wait_until("the log has all queue ids", lambda: all(f": {q}: removed" in self.log_text() for q in queued))
        self.wait_for_sessions(sessions)

    def rotate(self):
        """Postfix's own way. Returns where the log, now compressed, lies."""
        before = set(os.listdir(os.path.dirname(self.log)))
        self.command("postfix", "logrotate")
        new, = set(os.listdir(os.path.dirname(self.log))) - before
        self.sessions = 0
        return f"{os.path.dirname(self.log)}/{new}"

    def delivered(self):
        """(Message-ID, recipient) of each mail in each mailbox, a list."""
        found = []
        for folder, _, names in os.walk(f"{self.top}/boxes"):
            for name in names if folder.endswith("/new") else []:
                header = {}
                with open(f"{folder}/{name}", errors="surrogateescape") as f:
                    for line in f:
                        if line == "\n":
                            break
                        key, _, value = line.partition(": ")
                        header.setdefault(key.lower(), value.strip())
                found.append((header["message-id"], header["delivered-to"]))
        return found
