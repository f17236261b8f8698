"""List files of one format become files of another, and nothing is lost or
dropped in silence."""

import hashlib
import json
import os
import random
import signal
import stat
import time
import unittest

import harness

LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                     "formats", "data")
# Of the fixtures, by the name of the format.
FILES = {
    "vics": ("vics-1.3-media.json", "vics-2.0-cases.json"),
    "nist": ("nist-non-rds.json",),
    "ncmec": ("ncmec-entries.xml",),
    "icse": ("icse.csv",),
    "nsrl": ("nsrl-2.txt",),
    "nsrl-delta": ("nsrl-delta.sql",),
    "hashdeep": ("hashdeep.txt",),
    "pytx": ("pytx.txt",),
    "threatexchange": ("threatexchange.json",),
    "stopncii": ("stopncii.json",),
}


def convert(*arguments, **options):
    return harness.run("convert", *arguments, **options)


def canonical(value):
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return value


class Converting(harness.TestCase):

    def done(self, result, code=0):
        self.assertEqual(result.code, code, result)
        return result

    def test_every_fixture_becomes_lines_of_ours_and_those_are_stable(self):
        for name, files in FILES.items():
            for file in files:
                with self.subTest(file=file):
                    once = self.path(file + ".jsonl")
                    twice = self.path(file + ".again")
                    told = self.done(convert(
                        "--json", "--from", name, "--to", "kenal",
                        os.path.join(LISTS, file), once)).lines()[0]
                    self.assertGreater(told["written"], 0)
                    self.assertEqual(told["written"] + told["refused"],
                                     told["read"])
                    self.assertEqual(told["fields_left_out"], [])
                    self.done(convert("--from", "kenal", "--to", "kenal",
                                      once, twice))
                    with open(once, "rb") as a, open(twice, "rb") as b:
                        self.assertEqual(a.read(), b.read())

    def test_vics_goes_to_the_other_version_and_comes_back_whole(self):
        for file, there, back in (("vics-1.3-media.json", "2.0", "1.3"),
                                  ("vics-2.0-cases.json", "2.0", "2.0")):
            source = os.path.join(LISTS, file)
            other, again = self.path("other.json"), self.path("again.json")
            self.done(convert("--overwrite", "--from", "vics", "--to", "vics",
                              "--to-version", there, source, other))
            self.done(convert("--overwrite", "--from", "vics", "--to", "vics",
                              "--to-version", back, other, again))
            with open(source, encoding="utf-8-sig") as a, \
                    open(again, encoding="utf-8") as b:
                self.assertEqual(canonical(json.load(a)),
                                 canonical(json.load(b)))
            with open(other, encoding="utf-8") as file:
                self.assertIn("@odata.context", json.load(file))

    def test_what_a_format_has_no_place_for_is_counted_and_said(self):
        target = self.path("sums.txt")
        result = self.done(convert(
            "--json", "--from", "vics", "--to", "md5sum",
            os.path.join(LISTS, "vics-1.3-media.json"), target))
        told = result.lines()[0]
        self.assertTrue(told["fields_left_out"])
        for left_out in told["fields_left_out"]:
            self.assertIn("has no place for: " + left_out["field"],
                          result.messages())
            self.assertLessEqual(left_out["records"], told["written"])

    def test_bad_records_are_named_and_the_rest_is_written(self):
        good = [hashlib.md5(bytes([i])).hexdigest() for i in range(5)]
        lines = [f"{digest}  file-{i}" for i, digest in enumerate(good)]
        lines[2] = "CANARY0123456789  bad"
        source = self.write("sums.md5", "\n".join(lines) + "\n")
        target = self.path("out.txt")
        result = convert("--from", "md5sum", "--to", "md5sum", source, target)
        self.done(result, 1)
        self.assertIn("record 3", result.messages())
        self.assertNotIn("CANARY", result.messages())
        self.assertIn("5 read, 4 written, 1 refused", result.text())
        with open(target, encoding="utf-8") as file:
            kept = [line.split()[0] for line in file]
        self.assertEqual(kept, good[:2] + good[3:])

    def test_standard_input_and_output(self):
        digest = hashlib.md5(b"benign").hexdigest()
        result = self.done(convert("--from", "md5sum", "--to", "md5sum", "-",
                                   "-", stdin=f"{digest}  a.bin\n"))
        self.assertEqual(result.text(), f"{digest}  a.bin\n")
        self.assertIn("1 read, 1 written", result.messages())

    def test_a_file_that_is_there_is_kept_unless_asked(self):
        source = self.write("in.md5",
                            hashlib.md5(b"x").hexdigest() + "  x\n")
        target = self.write("out.md5", "mine\n")
        self.fails(convert("--from", "md5sum", "--to", "md5sum", source,
                           target), 3, "out.md5", "--overwrite")
        with open(target, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine\n")
        self.done(convert("--overwrite", "--from", "md5sum", "--to", "md5sum",
                          source, target))
        self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o600)

    def test_bad_headers_and_words_leave_nothing(self):
        bad = self.write("bad.json", '{"odata.metadata":"CANARY","value":[]}')
        target = self.path("out")
        for code, words in (
                (3, ("--from", "vics", "--to", "kenal", bad, target)),
                (2, ("--from", "vics", "--to", "nist", bad, target)),
                (2, ("--from", "nothing", "--to", "kenal", bad, target)),
                (2, ("--from", "vics", "--to", "kenal", bad)),
                (2, ("--from", "vics", "--to", "kenal",
                     self.path("missing"), target)),
                (2, ("--from", "pytx", "--value-type", "x", "--to", "kenal",
                     bad, target)),
                (2, ("--from", "vics", "--to", "vics", "--to-version", "9",
                     os.path.join(LISTS, "vics-1.3-media.json"), target))):
            with self.subTest(words=words):
                result = convert(*words)
                self.assertIn(result.code, (2, 3), result)
                self.assertEqual(result.code, code, result)
                self.assertTrue(result.messages().startswith("kenal: "))
                self.assertEqual(result.out, b"")
                self.assertEqual(
                    [n for n in os.listdir(self.folder) if n != "bad.json"],
                    [])

    def test_a_run_that_is_stopped_leaves_nothing(self):
        generator = random.Random(5)
        source = self.write("large.md5", "".join(
            f"{generator.getrandbits(128):032x}  {i}\n"
            for i in range(2_000_000)))
        target = self.path("out.jsonl")
        process = harness.start("convert", "--from", "md5sum", "--to", "kenal",
                                source, target)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=harness.TIMEOUT_S)
        self.assertNotEqual(code, 0)
        self.assertEqual(os.listdir(self.folder), ["large.md5"])

    def test_a_full_disk_says_so_and_leaves_nothing(self):
        disk = self.small_disk("1m")
        if disk is None:
            self.skipTest("mounting a small disk is not permitted here")
        source = self.write("in.md5", "".join(
            hashlib.md5(b"%d" % i).hexdigest() + f"  {i}\n"
            for i in range(20_000)))
        target = os.path.join(disk, "out.jsonl")
        self.fails(convert("--from", "md5sum", "--to", "kenal", source, target),
                   5, "out.jsonl")
        self.assertEqual(os.listdir(disk), [])

    def test_a_limit_of_file_sizes_is_an_error_that_names_the_file(self):
        source = self.write("in.md5", "".join(
            hashlib.md5(b"%d" % i).hexdigest() + f"  {i}\n"
            for i in range(20_000)))
        result = convert("--from", "md5sum", "--to", "kenal", source,
                         self.path("out.jsonl"),
                         prefix=("prlimit", "--fsize=102400"))
        self.assertIn(result.code, (4, 5), result)
        self.assertIn("out.jsonl", result.messages())
        self.assertEqual(os.listdir(self.folder), ["in.md5"])

    def test_the_formats_there_are(self):
        told = {line["name"]: line for line in
                convert("--formats", "--json").lines()[0]}
        self.assertTrue(told["vics"]["writes"])
        self.assertFalse(told["nsrl"]["writes"])
        for name in FILES:
            self.assertIn(name, told)
            self.assertIn(name, convert("--formats").text())


if __name__ == "__main__":
    unittest.main()
