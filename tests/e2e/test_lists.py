"""Lists of other systems in a store and out again: nothing lost, nothing
guessed, and what becomes of entries after that."""

import json
import os
import random
import re
import signal
import time
import unittest

import harness

LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                     "formats", "data")
# Of the fixtures: file, format and the purpose that it may be declared as.
FILES = [("vics-1.3-media.json", "vics", "child-abuse"),
         ("vics-2.0-cases.json", "vics", "child-abuse"),
         ("nist-non-rds.json", "nist", "known-benign"),
         ("ncmec-entries.xml", "ncmec", "child-abuse"),
         ("icse.csv", "icse", "child-abuse"),
         ("nsrl-2.txt", "nsrl", "known-benign"),
         ("hashdeep.txt", "hashdeep", "test"),
         ("pytx.txt", "pytx", "test"),
         ("threatexchange.json", "threatexchange", "child-abuse")]


DERIVED = re.compile("[0-9a-f]{32}")


def canonical(value):
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return value


def records(path):
    """Of a list of Kenal: what of it an entry keeps, in a fixed order."""
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if {"kenal_list", "group", "field"} & record.keys() and \
                    not {"content", "source_id"} & record.keys():
                continue
            record.pop("group", None)
            record.pop("source", None)
            if DERIVED.fullmatch(record.get("source_id", "")):
                record.pop("source_id")  # the store's own
            if "extra" not in record:
                record.pop("family", None)  # says whose extras they are
            if not record.get("deleted"):
                found.append(record)
    return sorted(found, key=lambda each: json.dumps(each, sort_keys=True))


class Lists(harness.TestCase):
    ROUTES = ("store", "server")
    ROLES = "investigate,ingest,curate,export,audit"

    def by_route(self, route):
        if route == "store":
            return self.kenal
        return self.serve("--local-roles", self.ROLES).run

    def entries(self, name, ask=None):
        path = self.path(f"{name}-{time.monotonic_ns()}.jsonl")
        self.ok((ask or self.kenal)("list", "export", name, path,
                                    "--every-state"))
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file][1:]


class InAndOut(Lists):
    def test_every_fixture_keeps_what_its_source_says(self):
        for route in self.ROUTES:
            self.data = self.path("store-" + route)
            self.init()
            for number, (_, _, purpose) in enumerate(FILES):
                self.ok(self.kenal("list", "create", f"l{number}", "--purpose",
                                   purpose))
            kenal = self.by_route(route)
            for number, (file, form, _) in enumerate(FILES):
                with self.subTest(file=file, route=route):
                    self.keeps(kenal, f"l{number}", os.path.join(LISTS, file),
                               form)
            self.ok(kenal("verify"))

    def keeps(self, kenal, name, path, form):
        converted = self.path(name + ".converted")
        exported = self.path(name + ".exported")
        harness.run("convert", "--from", form, "--to", "kenal", "--overwrite",
                    path, converted)
        first = kenal("--json", "import", "--list", name, "--format", form,
                      path).lines()[0]
        self.assertGreater(first["added"], 0)
        again = kenal("--json", "import", "--list", name, "--format", form,
                      path).lines()[0]
        self.assertEqual((again["added"], again["replaced"]), (0, 0), again)
        self.assertEqual(again["sequence"], first["sequence"])
        self.ok(kenal("list", "export", name, exported, "--overwrite"))
        self.assertEqual(records(exported), records(converted))

    def test_a_list_of_ours_goes_into_another_store_as_it_was(self):
        self.init(("a", "child-abuse"))
        self.kenal("import", "--list", "a", "--format", "ncmec",
                   os.path.join(LISTS, "ncmec-entries.xml"))
        self.kenal("import", "--list", "a", "--format", "vics",
                   os.path.join(LISTS, "vics-1.3-media.json"))
        source = random.Random(5)
        self.import_lines("a", *(f"pdq {harness.pdq_hex(source)} 80"
                                 for _ in range(50)))
        self.ok(self.kenal("entry", "dispute", "--list", "a", "1", "--reason",
                           "r"))
        self.ok(self.kenal("entry", "quarantine", "--list", "a", "3",
                           "--reason", "r"))
        first = self.path("first.jsonl")
        second = self.path("second.jsonl")
        self.ok(self.kenal("list", "export", "a", first, "--every-state"))
        self.data = self.path("other")
        self.init(("a", "child-abuse"))
        self.ok(self.kenal("import", "--list", "a", "--format", "kenal", first))
        self.ok(self.kenal("list", "export", "a", second, "--every-state"))
        with open(first, "rb") as one, open(second, "rb") as other:
            self.assertEqual(one.read(), other.read())

    def test_vics_comes_back_as_vics(self):
        self.init(("a", "child-abuse"))
        path = os.path.join(LISTS, "vics-1.3-media.json")
        out = self.path("out.json")
        self.ok(self.kenal("import", "--list", "a", "--format", "vics", path))
        self.ok(self.kenal("list", "export", "a", "--format", "vics",
                           "--version", "1.3", out))
        with open(path, encoding="utf-8") as one, \
                open(out, encoding="utf-8") as other:
            before = canonical(json.load(one)["value"])
            after = canonical(json.load(other)["value"])
        for media in after:  # who vouches for the class is told
            media.pop("IsPrecategorized", None)
            media.pop("PrecategorizationSource", None)
        self.assertEqual(after, before)

    def test_a_purpose_that_does_not_fit_is_refused_and_nothing_changes(self):
        self.init(("abuse", "child-abuse"), ("good", "known-benign"))
        before = self.ok(self.kenal("stats", "--json")).lines()[0]["sequence"]
        nist = os.path.join(LISTS, "nist-non-rds.json")
        self.fails(self.kenal("import", "--list", "abuse", "--format", "nist",
                              nist), 3, "nist")
        for name in ("abuse", "good"):
            result = self.kenal("import", "--list", name, "--format",
                                "stopncii",
                                os.path.join(LISTS, "stopncii.json"))
            self.fails(result, 3, "convert")
        bad = self.write("bad.json", '{"value":[]}')
        self.fails(self.kenal("import", "--list", "abuse", "--format", "vics",
                              bad), 3, "bad.json")
        self.fails(self.kenal("import", "--list", "none", "--format", "vics",
                              bad), 2, "none")
        after = self.ok(self.kenal("stats", "--json")).lines()[0]["sequence"]
        self.assertEqual(after, before)

    def test_a_class_of_nought_makes_nothing_benign(self):
        self.init(("abuse", "child-abuse"))
        digest = "ab" * 16
        path = self.write("zero.json", json.dumps({
            "odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/"
                              "1.3.xml#Media",
            "value": [{"MediaID": 1, "Category": 0, "MD5": digest}]}))
        self.ok(self.kenal("import", "--list", "abuse", "--format", "vics",
                           path))
        self.assertEqual(self.ask("md5 " + digest)[0]["verdict"], "EXACT")

    def test_bad_records_are_named_by_place_and_the_rest_is_added(self):
        self.init(("a", "test"))
        good, short = "ab" * 16, "cd" * 15 + "e"
        path = self.write("list.json", json.dumps({
            "odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/"
                              "1.3.xml#Media",
            "value": [{"MediaID": 1, "MD5": good},
                      {"MediaID": 2, "MD5": short},
                      {"MediaID": 3,
                       "MD5": "d41d8cd98f00b204e9800998ecf8427e"}]}))
        result = self.kenal("import", "--list", "a", "--format", "vics", path)
        self.assertEqual(result.code, 1, result)
        self.assertIn("record 2 is refused", result.messages())
        self.assertIn("record 3 is refused", result.messages())
        self.assertNotIn(short, result.messages())
        told = self.kenal("--json", "import", "--list", "a", "--format",
                          "vics", path).lines()[0]
        self.assertEqual([each["record"] for each in told["refusals"]], [2, 3])
        self.assertEqual(told["unchanged"], 1)

    def test_a_column_that_is_nearly_constant_is_kept_and_not_matched(self):
        self.init(("a", "child-abuse"))
        pdq = harness.pdq_hex(random.Random(1))
        rows = ["md5,pdq"] + [f"{i:032x},{pdq}" for i in range(1, 1001)]
        path = self.write("list.csv", "\n".join(rows))
        result = self.ok(self.kenal("import", "--list", "a", "--format", "csv",
                                    path))
        self.assertIn("pdq", result.messages())
        self.assertEqual(self.ask(f"pdq {pdq} 100")[0]["verdict"],
                         "NO_KNOWN_MATCH")
        self.assertEqual(self.ask(f"md5 {7:032x}")[0]["verdict"], "EXACT")
        exported = self.entries("a")
        self.assertEqual(exported[6]["carried"][0]["value"], pdq)

    def test_a_dry_run_says_what_the_import_does_and_changes_nothing(self):
        self.init(("a", "test"))
        self.kenal("import", "--list", "a", "--format", "ncmec",
                   os.path.join(LISTS, "ncmec-entries.xml"))
        page = self.write("page.xml", """
<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images>
<image><member id="42">Demo</member><id>img-2</id>
<timestamp>2024-02-02T03:04:05Z</timestamp>
<fingerprints><md5>%s</md5></fingerprints></image>
<image><member id="42">Demo</member><id>img-3</id>
<timestamp>2024-02-02T03:04:05Z</timestamp>
<fingerprints><md5>xyz</md5></fingerprints></image>
<deletedImage><member id="42">Demo</member><id>img-1</id>
<timestamp>2024-02-01T00:00:00Z</timestamp></deletedImage>
<deletedImage><member id="7">Other</member><id>img-1</id>
<timestamp>2024-02-01T00:00:00Z</timestamp></deletedImage>
</images></queryResult>""" % ("12" * 16))
        for route in self.ROUTES:
            server = self.serve() if route == "server" else None
            kenal = server.run if server else self.kenal
            before = kenal("stats", "--json").lines()[0]["sequence"]
            dry = kenal("--json", "import", "--dry-run", "--list", "a",
                        "--format", "ncmec", page)
            self.assertEqual(dry.code, 1, dry)
            self.assertEqual(kenal("stats", "--json").lines()[0]["sequence"],
                             before)
            if server:
                server.stop()
        told = self.kenal("--json", "import", "--list", "a", "--format",
                          "ncmec", page).lines()[0]
        dry = dry.lines()[0]
        self.assertTrue(dry.pop("dry_run"))
        self.assertFalse(told.pop("dry_run"))
        dry.pop("sequence"), told.pop("sequence")
        self.assertEqual(dry, told)
        self.assertEqual(
            {key: told[key] for key in ("read", "added", "withdrawn",
                                        "not_there", "refused")},
            {"read": 4, "added": 1, "withdrawn": 1, "not_there": 1,
             "refused": 1})

    def test_a_killed_import_goes_on_to_the_same_list(self):
        source = random.Random(3)
        rows = ["source_id,md5,pdq,pdq_quality,series"]
        rows += [f"id-{i},{harness.random_hex(source, 32)},"
                 f"{harness.pdq_hex(source)},90,s{i % 7}" for i in range(40_000)]
        path = self.write("list.csv", "\n".join(rows))
        self.init(("a", "test"))
        for wait in (0.15, 0.4, 0.9):
            process = harness.start("--data", self.data, "import", "--list",
                                    "a", "--format", "csv", path)
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.ok(self.kenal("import", "--list", "a", "--format", "csv", path))
        self.ok(self.kenal("verify"))
        unbroken = self.path("unbroken")
        broken = self.entries("a")
        self.data = unbroken
        self.init(("a", "test"))
        self.ok(self.kenal("import", "--list", "a", "--format", "csv", path))
        self.assertEqual(broken, self.entries("a"))


class Keeping(Lists):
    def fill(self, count=6):
        self.init(("a", "child-abuse"), ("b", "child-abuse"), ("own", "test"))
        self.md5 = [f"{i:032x}" for i in range(1, count + 1)]
        for name, source, rows in (("a", "hotline", self.md5[:4]),
                                   ("b", "vendor", self.md5[2:])):
            path = self.write("rows.csv", "source_id,md5,class:grade\n" +
                              "\n".join(f"{digest},{digest},{name}"
                                        for digest in rows))
            self.ok(self.kenal("import", "--list", name, "--format", "csv",
                               "--source", source, path))

    def verdicts(self, ask=None):
        lines = "".join(f"md5 {digest}\n" for digest in self.md5)
        found = (ask or self.kenal)("query", "--json", stdin=lines).lines()
        return [[match["list"] for match in each["matches"]]
                for each in found]

    def test_everything_of_a_source_is_revoked_in_one_command(self):
        for route in self.ROUTES:
            self.data = self.path("store-" + route)
            self.fill()
            kenal = self.by_route(route)
            dry = self.ok(kenal("--json", "entry", "revoke", "--source",
                                "vendor", "--dry-run", "--reason", "-"))
            self.assertEqual(dry.lines(), [
                {"list": "b", "source": "vendor", "state": "withdrawn",
                 "dry_run": True, "found": 4, "changed": 0, "unchanged": 0}])
            told = self.ok(kenal("--json", "entry", "revoke", "--source",
                                 "vendor", "--state", "quarantined",
                                 "--reason", "wrong", "--reference", "T-1"))
            self.assertEqual(told.lines()[0]["changed"], 4)
            self.assertEqual(self.verdicts(kenal),
                             [["a"]] * 4 + [[]] * 2)
            entry = self.ok(kenal("--json", "entry", "show", "--list", "b",
                                  "2")).lines()[0]
            self.assertEqual((entry["state"], entry["state_reason"],
                              entry["state_reference"]),
                             ("quarantined", "wrong", "T-1"))
            self.ok(kenal("entry", "reinstate", "--list", "b", "1", "2", "3",
                          "4", "--reason", "right after all"))
            self.assertEqual(self.verdicts(kenal), [
                ["a"], ["a"], ["a", "b"], ["a", "b"], ["b"], ["b"]])
            self.ok(kenal("entry", "revoke", "--source", "vendor", "--reason",
                          "wrong"))
            self.assertEqual(self.verdicts(kenal), [["a"]] * 4 + [[]] * 2)
            self.fails(kenal("entry", "revoke", "--source", "nobody",
                             "--reason", "wrong"), 1, "list stats")

    def test_a_vote_is_made_for_the_feed_that_an_entry_is_of(self):
        self.init(("a", "child-abuse"))
        self.kenal("import", "--list", "a", "--format", "ncmec",
                   os.path.join(LISTS, "ncmec-entries.xml"))
        vote = ("--json", "entry", "feedback", "--list", "a",
                "source:42/img-1", "--signal", "PDQ")
        told, = self.ok(self.kenal(*vote, "--affirm")).lines()
        self.assertEqual(told["path"], "/v2/entries/42/img-1/PDQ/feedback")
        self.assertIn("<affirmative/>", told["body"])
        guid = "11111111-2222-4333-8444-555555555555"
        told, = self.ok(self.kenal(*vote, "--reason-id", guid)).lines()
        self.assertIn(guid, told["body"])
        self.fails(self.kenal(*vote), 2, "--affirm")
        self.fails(self.kenal(*vote, "--reason-id", "x"), 2, "GUID")
        self.import_lines("a", "md5 " + "12" * 16)
        self.fails(self.kenal("entry", "feedback", "--list", "a", "2",
                              "--signal", "MD5", "--affirm"), 3, "NCMEC")

    def test_what_has_expired_is_not_met_and_said_to_be_so(self):
        self.init(("a", "child-abuse"))
        gone, there = "11" * 16, "22" * 16
        path = self.write("list.csv", "md5,expires\n"
                          f"{gone},2001-01-01T00:00:00Z\n"
                          f"{there},2999-01-01T00:00:00Z\n")
        self.ok(self.kenal("import", "--list", "a", "--format", "csv", path))
        for route in self.ROUTES:
            kenal = self.by_route(route)
            answers = kenal("query", "--json", stdin=f"md5 {gone}\n"
                            f"md5 {there}\n").lines()
            self.assertEqual([each["verdict"] for each in answers],
                             ["NO_KNOWN_MATCH", "EXACT"])
            shown = kenal("--json", "entry", "show", "--list", "a", "1")
            self.assertEqual(shown.lines()[0]["expires"],
                             "2001-01-01T00:00:00Z")

    def test_lists_are_compared_merged_and_counted(self):
        for route in self.ROUTES:
            self.data = self.path("store-" + route)
            self.fill()
            kenal = self.by_route(route)
            self.ok(kenal("entry", "dispute", "--list", "b", "1", "--reason",
                          "r"))
            diff = self.ok(kenal("--json", "list", "diff", "a", "b")).lines()
            self.assertEqual(diff[-1], {"a": "a", "b": "b", "only_a": 2,
                                        "only_b": 2, "same": 0, "differ": 2})
            self.assertEqual(
                sorted(each["entry"] for each in diff if
                       each.get("only_in") == "a"), ["1", "2"])
            told = [each for each in diff if "differ" in each][:2]
            self.assertEqual(told[0]["differ"], ["state", "classifications"])
            self.assertEqual(told[1]["differ"], ["classifications"])

            self.fails(kenal("list", "merge", "b", "own"), 3, "purpose")
            self.fails(kenal("list", "merge", "b", "b"), 2, "itself")
            before = kenal("stats", "--json").lines()[0]["sequence"]
            dry = self.ok(kenal("--json", "list", "merge", "b", "a",
                                "--dry-run")).lines()[0]
            self.assertEqual(kenal("stats", "--json").lines()[0]["sequence"],
                             before)
            merged = self.ok(kenal("--json", "list", "merge", "b",
                                   "a")).lines()[0]
            self.assertEqual((dry["added"], merged["added"],
                              merged["unchanged"]), (2, 2, 2))
            again = self.ok(kenal("--json", "list", "merge", "b",
                                  "a")).lines()[0]
            self.assertEqual((again["added"], again["unchanged"]), (0, 4))
            self.assertEqual(self.verdicts(kenal)[4], ["a", "b"])
            entry = self.ok(kenal("--json", "entry", "show", "--list", "a",
                                  "5")).lines()[0]
            self.assertEqual(entry["provenance"]["source"], "vendor")
            self.assertTrue(entry["source_id"].startswith("b/"))

            stats = self.ok(kenal("--json", "list", "stats", "a")).lines()[0]
            self.assertEqual(stats["entries"], 6)
            self.assertEqual(
                {each["name"]: each["entries"] for each in stats["source"]},
                {"hotline": 4, "vendor": 2})
            self.assertEqual(
                {each["name"]: each["entries"] for each in stats["class"]},
                {"grade a": 4, "grade b": 2})
            self.assertIn("hotline", self.ok(kenal("list", "stats",
                                                   "a")).text())

    def test_an_export_is_private_whole_and_never_over_another(self):
        self.fill()
        out = self.path("out.jsonl")
        self.ok(self.kenal("list", "export", "a", out))
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o600)
        self.fails(self.kenal("list", "export", "a", out), 3, "--overwrite")
        self.ok(self.kenal("list", "export", "a", out, "--overwrite"))
        self.fails(self.kenal("list", "export", "a", self.path("x"),
                              "--format", "nsrl"), 2, "not written")
        self.fails(self.kenal("list", "export", "none", self.path("x")), 2,
                   "none")
        self.assertFalse(os.path.exists(self.path("x")))


if __name__ == "__main__":
    unittest.main()
