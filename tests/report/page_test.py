"""The page of a scan, opened in headless Chromium.

    page_test.py SCENES    the program report_page_scene

What the page shows is held against report.jsonl of the same findings.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

from chromium import Browser

SCENES = ""
HITS = ("EXACT", "NEAR", "TEST")

# The rows that are shown, by column.
ROWS = """[...document.querySelectorAll('#table tbody tr:not(.details)')]
    .map((r) => [...r.cells].map((c) => c.textContent))"""


def set_field(name, value):
    return (f"(() => {{ const f = document.forms.filter.elements['{name}'];"
            f"f.value = {json.dumps(value)};"
            "f.dispatchEvent(new Event('input', {bubbles: true})); })()")


class Scene:
    """The reports of one scene."""

    def __init__(self, name, *more):
        self.folder = tempfile.TemporaryDirectory(prefix="kenal-page-")
        subprocess.run([SCENES, self.folder.name, name, *more], check=True)
        self.reports = pathlib.Path(self.folder.name) / "reports"
        self.page = self.reports / "report.html"
        with (self.reports / "report.jsonl").open(encoding="utf-8") as file:
            self.lines = [json.loads(line) for line in file]
        self.exhibits = [x["exhibit"] for x in self.of("exhibit")]
        self.totals = self.of("totals")[0]
        self.hits = [x for x in self.of("place")
                     if x.get("verdict") in HITS]

    def of(self, kind):
        return [line for line in self.lines if line["type"] == kind]


def distance(hit):
    return min((m["distance"] for m in hit["matches"] if "distance" in m),
               default=None)


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser().__enter__()
        cls.case = Scene("case")
        cls.hostile = Scene("hostile")

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.case.folder.cleanup()
        cls.hostile.folder.cleanup()

    def open(self, scene):
        page = self.browser.open(scene.page)
        self.assertEqual(page.troubles(), [])
        self.assertEqual(page.requests(), [scene.page.resolve().as_uri()])
        return page

    def count_after(self, page, *fields):
        """The number of hits that fit a filter, when it is applied."""
        for name, value in fields:
            page.value(set_field(name, value))
        # A filter is applied when typing has paused; wait for its effect.
        page.value("""new Promise((done) => {
            const status = document.getElementById('count');
            const seen = new MutationObserver(() => done());
            seen.observe(status, {childList: true, characterData: true,
                                  subtree: true});
        })""")
        text = page.value("document.getElementById('count').textContent")
        if text.startswith("No hit"):
            return 0
        return int(re.search(r" of ([\d,]+)", text)[1].replace(",", ""))

    def test_totals_are_those_of_the_lines(self):
        page = self.open(self.case)
        tiles = dict(page.value("""[...document.querySelectorAll('.tile')]
            .map((t) => [t.querySelector('span').textContent,
                         t.querySelector('b').textContent])"""))
        totals = self.case.totals
        number = lambda n: f"{n:,}"
        covered = {}
        rows = [c for c in self.case.of("coverage") if "exhibit" not in c]
        for row in rows:
            covered[row["coverage"]] = (covered.get(row["coverage"], 0) +
                                        row["places"])
        self.assertEqual(tiles, {
            "hit places": number(totals["hit_places"]),
            "not examined": number(covered["not_examined"]),
            "examined": number(covered["examined"]),
            "by digest only": number(covered["digest_only"]),
            "places in all": number(totals["places"]),
            "pictures decoded": number(totals["pictures"]),
            "deleted entries": number(totals["deleted"]),
            "thumbnails": number(totals["thumbnails"])})
        table = page.value(
            """[...document.querySelectorAll('.coverage tbody tr:not(.group)')]
            .map((r) => [r.querySelector('code').textContent,
                         r.cells[1].textContent, r.cells[3].textContent])""")
        self.assertEqual(
            sorted(table),
            sorted([r["reason"], number(r["places"]), number(r["bytes"])]
                   for r in rows))
        lists = page.value("""[...document.querySelectorAll('#lists tbody tr')]
            .map((r) => [r.cells[0].textContent, r.cells[4].textContent,
                         r.cells[5].textContent])""")
        hit = {x["list"]: [number(x["places"]), number(x["contents"])]
               for x in totals["lists"]}
        self.assertEqual(lists, [
            [x["list"], *hit.get(x["list"], ["0", "0"])]
            for x in self.case.of("list")])

    def test_every_hit_is_shown_over_all_pages(self):
        page = self.open(self.case)
        shown = []
        while True:
            shown += [(r[3], r[5]) for r in page.value(ROWS)]
            if page.value("document.querySelectorAll('#pages button')[2]"
                          ".disabled"):
                break
            page.value("document.querySelectorAll('#pages button')[2].click()")
        self.assertEqual(
            sorted(shown),
            sorted((h["exhibit"],
                    "; ".join(dict.fromkeys(
                        f"{c['scheme']}={c['raw_value']}"
                        for m in h["matches"] for c in m["classifications"])))
                   for h in self.case.hits))

    def test_it_sorts_by_any_column_both_ways_and_by_keyboard(self):
        page = self.open(self.case)
        page.value("(() => { const s = document.querySelector('#pages select');"
                   "s.value = '1000'; s.dispatchEvent(new Event('change')); "
                   "})()")
        hits = self.case.hits
        keys = {
            "Distance": lambda h: 999 if distance(h) is None else distance(h),
            "List": lambda h: ", ".join(dict.fromkeys(
                m["list"] for m in h["matches"])),
            "Exhibit": lambda h: self.case.exhibits.index(h["exhibit"]),
            "Path": lambda h: h["path"],
            "Size": lambda h: h["size_bytes"],
            "Modified": lambda h: h.get("modified", ""),
        }
        for name, key in keys.items():
            for turn, backwards in ((0, False), (1, True)):
                page.value(
                    "[...document.querySelectorAll('#table thead button')]"
                    f".find((b) => b.textContent === '{name}').focus()")
                page.press("Enter", 13)
                expected = [h["path"] for h in
                            sorted(hits, key=key, reverse=backwards)]
                # Equal keys stay in the order of the report, both ways.
                if backwards:
                    expected = [h["path"] for _, h in sorted(
                        enumerate(sorted(hits, key=key)),
                        key=lambda x: key(x[1]), reverse=True)]
                paths = page.value("""[...document.querySelectorAll(
                    '#table tbody td.path')].map((c) =>
                        c.firstChild.textContent)""")
                self.assertEqual(paths, expected, f"{name} {turn}")
                self.assertEqual(page.value(
                    "document.querySelector('[aria-sort]').ariaSort"),
                    "descending" if backwards else "ascending")

    def test_it_filters_as_the_lines_would(self):
        page = self.open(self.case)
        hits = self.case.hits
        a_hit = hits[len(hits) // 2]
        oracle = [
            ([("exhibit", "2")],
             lambda h: h["exhibit"] == self.case.exhibits[2]),
            ([("list", "list-b")],
             lambda h: any(m["list"] == "list-b" for m in h["matches"])),
            ([("verdict", "NEAR")], lambda h: h["verdict"] == "NEAR"),
            ([("least", "5"), ("most", "20")],
             lambda h: 5 <= distance(h) <= 20),
            ([("text", a_hit["sha256"].upper())],
             lambda h: h["sha256"] == a_hit["sha256"]),
            ([("text", "img_1")], lambda h: "img_1" in h["path"].lower()),
            ([("text", "series 3")], lambda h: any(
                m.get("series") == "series 3" for m in h["matches"])),
            ([("found", "1")], lambda h: h.get("deleted", False)),
            ([("found", "2")], lambda h: "thumbnail" in h),
            ([("found", "4")], lambda h: "parts" in h),
            ([("verdict", "EXACT"), ("exhibit", "0")],
             lambda h: h["verdict"] == "EXACT" and
             h["exhibit"] == self.case.exhibits[0]),
            ([("text", "nothing has this")], lambda h: False),
        ]
        for fields, fits in oracle:
            expected = sum(1 for h in hits if fits(h))
            self.assertEqual(self.count_after(page, *fields), expected, fields)
            blank = [(name, "") for name, _ in fields]
            self.assertEqual(self.count_after(page, *blank), len(hits))

    def test_details_tell_whose_word_a_match_is(self):
        page = self.open(self.case)
        page.value("document.querySelector('#table .open').click()")
        text = page.value("document.querySelector('.details').innerText")
        for part in ("SHA-256", "MD5", "On the word of", "a source", "Entry"):
            self.assertIn(part, text)

    def test_hostile_names_are_text_and_nothing_runs(self):
        page = self.open(self.hostile)
        page.value("(() => { const s = document.querySelector('#pages select');"
                   "s.value = '1000'; s.dispatchEvent(new Event('change')); "
                   "document.querySelectorAll('#table .open').forEach((b, i) =>"
                   "document.querySelectorAll('#table .open')[i].click()); "
                   "})()")
        self.assertFalse(page.value("document.title").startswith("ran"))
        self.assertEqual(page.troubles(), [])
        self.assertEqual(page.requests(),
                         [self.hostile.page.resolve().as_uri()])
        foreign = page.value("""[...document.querySelectorAll('*')]
            .filter((e) => ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'LINK', 'BASE',
                            'VIDEO', 'AUDIO', 'SOURCE', 'B'].includes(e.tagName)
                            && !e.closest('.tile') ||
                    [...e.attributes].some((a) => a.name.startsWith('on')))
            .map((e) => e.outerHTML.slice(0, 80))""")
        self.assertEqual(foreign, [])
        self.assertEqual(page.value("document.scripts.length"), 2)
        text = page.value("document.body.innerText")
        for name in ("<img src=x onerror=document.title='ran'>",
                     "</script><script>document.title='ran'</script>",
                     "&lt;b&gt;&amp;", "\\xe2\\x80\\xaegpj.exe",
                     "\\xe2\\x80\\xa8line", "no\\u{200B}width", "nul\\x00byte",
                     "new\\x0aline\\x0d\\x09", "not utf-8 \\xff\\xfe\\x80",
                     "w" * 10_000):
            self.assertTrue(name in text, name[:80])
        paths = page.value("""[...document.querySelectorAll(
            '#table tbody td.path')].map((c) => c.firstChild.textContent)""")
        self.assertEqual(len(paths), self.hostile.totals["hit_places"])

    def test_a_drive_with_only_an_encrypted_zip_does_not_read_as_a_pass(self):
        scene = Scene("zip")
        page = self.open(scene)
        self.assertTrue(page.value(
            "document.querySelector('#statement').getBoundingClientRect()"
            ".bottom < 700"), "the statement is on the first screen")
        text = page.value("document.querySelector('#statement').innerText")
        self.assertTrue(text.startswith("Nothing was examined"), text)
        self.assertIn("encrypted archive", text)
        self.assertIn("Not examined: 1 of 2 places", text)
        self.assertIn("backup.zip", page.value(
            "document.querySelector('#unexamined').innerText"))
        scene.folder.cleanup()

    def test_no_page_calls_anything_clean_or_safe_or_holds_a_picture(self):
        for scene in (self.case, self.hostile):
            text = scene.page.read_text(encoding="utf-8")
            if scene is self.case:
                self.assertNotRegex(text, r"(?i)\b(clean|safe)")
                self.assertNotRegex(text, r"(?i)<img|url\(|data:|https?://")
            self.assertIn("default-src 'none'", text)

    def test_twenty_thousand_hits_load_sort_and_filter(self):
        scene = Scene("many", "20000")
        begin = time.monotonic()
        page = self.open(scene)
        loaded = time.monotonic()
        self.assertEqual(len(page.value(ROWS)), 50)
        page.value("""[...document.querySelectorAll('#table thead button')]
            .find((b) => b.textContent === 'Path').click()""")
        first = page.value("document.querySelector('#table tbody td.path')"
                           ".firstChild.textContent")
        self.assertEqual(first, min(h["path"] for h in scene.hits))
        ordered = time.monotonic()
        self.assertEqual(self.count_after(page, ("verdict", "EXACT")),
                         sum(h["verdict"] == "EXACT" for h in scene.hits))
        print(f"\n20,000 hits: loaded in {loaded - begin:.2f} s, sorted in "
              f"{ordered - loaded:.2f} s, filtered in "
              f"{time.monotonic() - ordered:.2f} s")
        scene.folder.cleanup()


if __name__ == "__main__":
    SCENES = sys.argv.pop(1)
    unittest.main()
