"""What the proof knows of the article's map and of the plan's names."""
from server import DOMAIN
from traffic import REJECT_TEXT

CLASS = "wouldblock_own_domain"
REFUSE = f"REJECT 5.7.1 {REJECT_TEXT}"


def article_map(action):
    return f"{DOMAIN} {action}\n.{DOMAIN} {action}\n"
