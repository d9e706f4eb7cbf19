#!/usr/bin/env python3
"""
    catalogue.py [--said FILE...]

Judges tests/faults/catalogue: each fault of the input, the process and the database (I1 to I53, P1 to
P27, D1 to D18) has a check, and each check that is named there stands in its suite's text: of a unit test
the function, of others the words, part by part. With --said FILE it must have been said in one of these
outputs of suites, and must have passed.
"""
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
WANTED = [f"{letter}{n}" for letter, last in (("I", 53), ("P", 27), ("D", 18)) for n in range(1, last + 1)]
ROOMS = ("parsers", "analyzer", "ui")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def rows():
    """Of each line: its number, fault, suite and check."""
    for number, line in enumerate(read(os.path.join(HERE, "catalogue")).splitlines(), 1):
        if line and not line.startswith("#"):
            yield (number, *(line.split(None, 2) + ["", ""])[:3])


def text_of(suite):
    """What a suite is made of, without its comments."""
    if suite in ROOMS:
        return "".join(read(x) for x in glob.glob(f"{TESTS}/unit/*_test.c"))
    paths = glob.glob(f"{TESTS}/{suite}.sh") + glob.glob(f"{TESTS}/{suite}_*.sh") + glob.glob(f"{TESTS}/{suite}/*.py") + glob.glob(f"{TESTS}/torture/{suite}.sh")
    return "".join(x for p in paths for x in read(p).splitlines(keepends=True) if not x.lstrip().startswith("#"))


def is_there(suite, text, check):
    if suite in ROOMS:
        return f"static void {check}(void **" in text and len(re.findall(rf"\b{check}\b", text)) > 1
    return all(part in text for part in check.split("|"))


def was_said(suite, check, said):
    words = check.replace("|", "")
    wanted = f"[       OK ] {words}" if suite in ROOMS else f"ok - {words}"
    return any(line == wanted or line.startswith(tuple(wanted + x for x in (", ", " (", ":", ";"))) for line in said)


def main():
    said = [line for path in sys.argv[2:] for line in read(path).splitlines()] if sys.argv[1:2] == ["--said"] else None
    texts, found, bad = {}, set(), []
    for number, fault, suite, check in rows():
        found.add(fault)
        if fault not in WANTED:
            bad.append(f"line {number}: no such fault: {fault}")
        elif not check or not texts.setdefault(suite, text_of(suite)):
            bad.append(f"line {number}: {fault}: no such suite, or no check is named: {suite}")
        elif not is_there(suite, texts[suite], check):
            bad.append(f"line {number}: {fault}: {suite} has no check '{check}'")
        elif said is not None and not was_said(suite, check, said):
            bad.append(f"line {number}: {fault}: {suite} did not say 'ok - {check.replace('|', '')}'")
    bad += [f"{fault} is not there" for fault in WANTED if fault not in found]
    for line in bad:
        print(line)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
