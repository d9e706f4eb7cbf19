"""The files of `wouldblock plan --dir`, written by hand: what is proved of them is proved of the layout.

One class for the client's address, which hands over to one for its verified name. A DUNNO ends this rule and no other
check. The sender map has the rows that are about senders; all other mail of our domains goes to the first class.
"""
import ipaddress

from server import DOMAIN, MAP, OWN_CLASS, write
from traffic import REJECT_TEXT, WARN_TEXT

CLASS = "wouldblock_own_domain"
REFUSE = f"REJECT 5.7.1 {REJECT_TEXT}"
LAST = {"warn": f"WARN {WARN_TEXT}", "defer": f"DEFER 4.7.1 {REJECT_TEXT}", "reject": REFUSE}


def is_network(subject):
    try:
        return ipaddress.ip_network(subject)
    except ValueError:
        return None


def row(key, verdict):
    return f"{key} {'DUNNO' if verdict == 'exempt' else REFUSE}\n"


def plan(folder, stage, verdicts):
    decided = [(s, v) for s, v in verdicts if v in ("exempt", "block")]
    senders = [(s, v) for s, v in decided if "@" in s]
    domains = [(s, v) for s, v in decided if s.endswith("." + DOMAIN)]
    networks = sorted(((is_network(s), v) for s, v in decided if is_network(s)), key=lambda r: -r[0].prefixlen)
    names = [(s, v) for s, v in decided if (s, v) not in senders + domains and not is_network(s)]

    write(f"{folder}/{MAP}", "".join(row(*r) for r in senders)
          + "".join(f"{s} {CLASS}_open\n" for s, _ in domains)
          + f"{DOMAIN} {CLASS}\n.{DOMAIN} {CLASS}\n")
    address_rows = [(str(n), v) for n, v in networks]
    write(f"{folder}/{CLASS}_networks.cidr", "".join(row(*r) for r in address_rows)
          + f"0.0.0.0/0 {CLASS}_names\n::/0 {CLASS}_names\n")
    write(f"{folder}/{CLASS}_open.cidr", "".join(row(*r) for r in address_rows))
    write(f"{folder}/{CLASS}_names.pcre",
          "".join(row(rf"/(^|\.){s.replace('.', chr(92) + '.')}$/", v) for s, v in names) + f"/^/ {LAST[stage]}\n")
    write(f"{folder}/main.cf.add", f"""\
smtpd_restriction_classes = {OWN_CLASS}, {CLASS}, {CLASS}_names, {CLASS}_open
{CLASS} = check_client_access cidr:$config_directory/{CLASS}_networks.cidr
{CLASS}_names = check_client_access pcre:$config_directory/{CLASS}_names.pcre
{CLASS}_open = check_client_access cidr:$config_directory/{CLASS}_open.cidr
smtpd_log_access_permit_actions = static:all
""")


def article_map(action):
    return f"{DOMAIN} {action}\n.{DOMAIN} {action}\n"
