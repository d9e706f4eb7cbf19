"""
    decision.py REPORT DUMP

Judges the screen of the criteria (DUMP, of `tui --dump`) by what the report says as JSON: each criterion
stands there once, with its mark and its value, and the line above has the report's totals. Prints what differs.
"""
import json
import sys


def spaced(number):
    return f"{number:,}".replace(",", " ")


def wrong(report, screen):
    table = [line.strip("│▶ ") for line in screen if line.startswith("│")]
    for c in report["criteria"]:
        mark = "✓" if c["pass"] else "✗"
        rows = [line for line in table if line.split()[:2] == [c["name"], mark]]
        if len(rows) != 1 or c["value"] not in rows[0]:
            yield f"{c['name']} {mark} {c['value']}: {rows}"
    t = report["totals"]
    totals = (f"would be lost: {spaced(t['would_be_lost'])} mails to {spaced(t['recipients'])} people, "
              f"of {spaced(t['mails'])} warned mails ({spaced(t['attempts'])} attempts)")
    if not any(line.strip().startswith(totals) for line in screen):
        yield totals


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        report = json.load(f)
    with open(sys.argv[2], encoding="utf-8") as f:
        found = list(wrong(report, f.read().splitlines()))
    print("\n".join(found))
    return bool(found) or len(report["criteria"]) != 10


if __name__ == "__main__":
    sys.exit(main())
