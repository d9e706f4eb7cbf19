"""Pages that `report --format html` made, looked at by a real browser.

    check.py OUT PAGE...

PAGE is a path, or PAGE=DECISION to demand what the first sheet says. OUT is a folder for pictures and PDFs.
Prints `ok - ` and `not ok - ` lines and a tally, as tests/lib.sh has them.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cdp import Browser, program  # noqa: E402

passed = failed = 0


def ok(sentence, good, why=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(("ok - " if good else "not ok - ") + sentence)
    if not good and why != "":
        print("#   " + str(why)[:900])


# Elements whose text has less contrast than WCAG 2.1 AA asks for (4.5, 3 if large) with what lies behind them.
CONTRAST = """(() => {
  const parse = c => c.match(/[0-9.]+/g).map(Number);
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
                        if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.getClientRects().length) continue;
    if (e.closest('script,style,title,desc,defs')) continue;
    const s = getComputedStyle(e), text = parse(e instanceof SVGElement ? s.fill : s.color).slice(0, 3);
    const a = light(text), b = light(behind(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < (parseFloat(s.fontSize) >= 24 ? 3 : 4.5)) bad.push(e.tagName + ' ' + e.className + ' ' + ratio.toFixed(2));
  }
  return [...new Set(bad)];
})()"""

# What must not be there whatever a log says, and what a page must have.
SHAPE = """(() => {
  const all = [...document.querySelectorAll('*')], ids = all.map(e => e.id).filter(i => i);
  const links = [...document.querySelectorAll('a')].map(a => a.getAttribute('href'));
  const headings = [...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.tagName[1]));
  return {
    tags: [...new Set(all.map(e => e.tagName.toLowerCase()))],
    handlers: all.flatMap(e => e.getAttributeNames().filter(n => /^on|^style$|^src|^formaction$/.test(n))),
    outside: links.filter(h => !/^#[A-Za-z0-9_-]+$/.test(h)),
    dead: links.filter(h => !document.getElementById(h.slice(1))),
    twice: ids.filter((v, i) => ids.indexOf(v) !== i),
    jumps: headings.filter((h, i) => h > (i ? headings[i - 1] : 0) + 1).length,
    h1: headings.filter(h => h === 1).length,
    lang: document.documentElement.lang,
    scripts: document.scripts.length,
    nameless: [...document.querySelectorAll('table')].filter(t => !t.caption || !t.caption.textContent).length,
    headless: [...document.querySelectorAll('th')].filter(t => !t.scope).length,
    charset: document.characterSet,
    unlinked: [...document.querySelectorAll('.tiles li')].filter(l => !l.querySelector('a')).length,
  };
})()"""
TAGS = set("""html head meta title style body a main p b article section h1 h2 h3 dl dt dd ul li nav table caption thead
    tbody tr th td span div figure figcaption svg desc defs pattern path rect text g details summary code button script
    """.split())


def check_quiet(page, b):
    ok(f"{page}: nothing on the console", not b.said(), b.said())
    asked = [u for u in b.requests() if not u.endswith("/" + page)]
    ok(f"{page}: it asks nobody for anything", not asked and len(b.requests()) == 1, b.requests())


def check_texts(page, b):
    """What stands in PAGE.texts, line by line, is there as text."""
    if not os.path.exists(page + ".texts"):
        return
    text = b.run("document.querySelector('main').textContent")
    with open(page + ".texts", encoding="utf-8") as f:
        missing = [line for line in f.read().splitlines() if line not in text]
    ok(f"{page}: what a log says is text", not missing and b.run("document.title").endswith("wouldblock report"), missing)


def check_shape(page, b):
    shape = b.run(SHAPE)
    ok(f"{page}: only elements that a report has", set(shape["tags"]) <= TAGS, set(shape["tags"]) - TAGS)
    for key, what in (("handlers", "no handler, style or source in an element"), ("outside", "links stay on the page"),
                      ("dead", "links lead somewhere"), ("twice", "each id is there once")):
        ok(f"{page}: {what}", not shape[key], shape[key])
    ok(f"{page}: headings do not jump", shape["jumps"] == 0 and shape["h1"] >= 1, shape)
    ok(f"{page}: a language, UTF-8, one script", (shape["lang"], shape["charset"], shape["scripts"]) == ("en", "UTF-8", 1))
    ok(f"{page}: tables have captions, and their heads a scope", shape["nameless"] + shape["headless"] == 0, shape)
    ok(f"{page}: each figure of the headline leads to its meaning", shape["unlinked"] == 0)


def check_readers(page, b):
    """What a screen reader is told."""
    nodes = [n for n in b("Accessibility.getFullAXTree")["nodes"] if not n.get("ignored")]
    role = lambda n: n.get("role", {}).get("value")  # noqa: E731
    named = lambda n: n.get("name", {}).get("value", "").strip()  # noqa: E731
    silent = [role(n) for n in nodes if role(n) in ("img", "image", "link", "button", "table", "region", "heading", "navigation")
              and not named(n)]
    ok(f"{page}: pictures, links, buttons, tables and regions have names", not silent, silent)
    pictures = [n for n in nodes if role(n) in ("img", "image")]
    ok(f"{page}: pictures are described", all(n.get("description", {}).get("value") for n in pictures), pictures[:2])
    return sum(role(n) == "table" for n in nodes)


def check_wide(page, b, out):
    b.size(1280, 1600)
    b.media(prefers_color_scheme="light")
    b.open(page)
    name = os.path.basename(page)
    check_quiet(name, b)
    check_shape(name, b)
    check_texts(page, b)
    tables = check_readers(name, b)
    light = b.run("getComputedStyle(document.body).backgroundColor")
    ok(f"{name}: light: enough contrast", not b.run(CONTRAST), b.run(CONTRAST))
    b.picture(os.path.join(out, name + "-light.png"))
    b.media(prefers_color_scheme="dark")
    dark = b.run("getComputedStyle(document.body).backgroundColor")
    ok(f"{name}: dark is dark", light == "rgb(255, 255, 255)" and max(map(int, re.findall(r"\d+", dark)[:3])) < 64, (light, dark))
    ok(f"{name}: dark: enough contrast", not b.run(CONTRAST), b.run(CONTRAST))
    b.picture(os.path.join(out, name + "-dark.png"))
    return tables


def check_narrow(page, b, out, tables):
    name = os.path.basename(page)
    b.media(prefers_color_scheme="light")
    b.size(360, 800, True)
    b.open(page)
    ok(f"{name}: 360 pixels are enough", b.run("document.documentElement.scrollWidth") <= 360,
       b.run("""[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 361 &&
                !e.closest('.scroll,.vh')).slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""))
    ok(f"{name}: tables are tables there, too", check_readers(name, b) == tables)
    b.picture(os.path.join(out, name + "-360.png"))


def text_of(pdf, *pages):
    return subprocess.run(["pdftotext", "-layout", *pages, pdf, "-"], check=True, stdout=subprocess.PIPE).stdout.decode()


def check_print(page, b, out, decision):
    name = os.path.basename(page)
    pdf = os.path.join(out, name + ".pdf")
    b.size(1280, 1600)
    b.media(prefers_color_scheme="dark")
    b.open(page)
    b.pdf(pdf)
    first = text_of(pdf, "-f", "1", "-l", "1")
    size = subprocess.run(["pdfinfo", pdf], check=True, stdout=subprocess.PIPE).stdout.decode()
    ok(f"{name}: A4", re.search(r"Page size: .*\(A4\)", size), size)
    if not decision:
        return
    criteria = "window continuity current intact alive unchanged coverage undecided in_force still_warned".split()
    missing = [w for w in [decision, *criteria, "Window", "Phase", "Hosts", "would be lost", "Signature", "IT manager"] if w not in first]
    ok(f"{name}: the first sheet has decision, criteria, headline, scope and signatures", not missing, missing)
    ok(f"{name}: and nothing else", "Day by day" not in first and "Day by day" in text_of(pdf, "-f", "2", "-l", "2"), first[-400:])


SORT = """(column => {
  const table = [...document.querySelectorAll('table.sort')].find(t =>
    t.caption.textContent.startsWith('Who sent it'));
  const head = [...table.tHead.rows[0].cells].find(h => h.textContent.startsWith(column));
  head.querySelector('button').click();
  const at = head.cellIndex;
  return {sort: head.getAttribute('aria-sort'), label: head.querySelector('button').getAttribute('aria-label'),
          values: [...table.tBodies[0].rows].map(r => Number(r.cells[at].dataset.v))};
})"""


def check_script(page, b):
    """It sorts; without it all is there; no other one runs."""
    name = os.path.basename(page)
    b.size(1280, 1600)
    b.open(page)
    down, up = b.run(SORT + "('Mails')"), b.run(SORT + "('Mails')")
    ok(f"{name}: a click sorts, another turns it round", (down["sort"], up["sort"], down["label"]) ==
       ("descending", "ascending", "Sort by Mails") and down["values"] == sorted(down["values"], reverse=True)
       and up["values"] == sorted(up["values"]) and len(up["values"]) > 1, (down, up))
    text = "(() => { const m = document.querySelector('main').cloneNode(true); m.querySelectorAll('th button').forEach(x => x.remove()); return m.textContent; })()"
    b.open(page)
    with_script = b.run(text)
    b("Emulation.setScriptExecutionDisabled", value=True)
    b.open_without_script(page)
    without = b.run(text)
    ok(f"{name}: complete without script", with_script == without and b.run("document.querySelectorAll('th button').length") == 0)
    b("Emulation.setScriptExecutionDisabled", value=False)
    b.open(page)
    b.run("""(() => { const s = document.createElement('script'); s.textContent = 'window.hit = 1'; document.body.append(s);
              const i = document.createElement('img'); i.src = 'https://www.example/x.png'; document.body.append(i); })()""")
    b.run("new Promise(r => setTimeout(r, 50))")
    ok(f"{name}: the policy stops another script", b.run("window.hit === undefined"))
    ok(f"{name}: and a request", any("Content Security Policy" in str(e) and "img" in str(e) for e in b.said()), b.said())


def main():
    out, *pages = sys.argv[1:]
    if not program():
        ok("a browser is there (package chromium-headless-shell)", False)
    else:
        b = Browser()
        for given in pages:
            page, _, decision = given.partition("=")
            tables = check_wide(page, b, out)
            check_narrow(page, b, out, tables)
            check_print(page, b, out, decision)
        check_script(pages[0].partition("=")[0], b)
        b.close()
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed != 0


sys.exit(main())
