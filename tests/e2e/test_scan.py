"""Scans as an investigator makes them."""

import json
import os
import pathlib
import re
import subprocess
import unittest

import harness
from scan_evidence import (FLAT, KNOWN, UNKNOWN, ScanCase, digests,
                           encrypted_zip, facts, strace_is_there, tarred,
                           zipped)


class Scan(ScanCase):

    def everything(self):
        """Two exhibits with some of everything, and what is known of it."""
        self.put("laptop/DCIM/copy.png", KNOWN[0])
        self.put("laptop/docs/renamed.txt", KNOWN[0])
        self.put("laptop/docs/brighter.png",
                 harness.picture(1, brightness=6))
        self.put("laptop/trial.png", KNOWN[2])
        self.put("laptop/unknown.png", UNKNOWN[0])
        self.put("laptop/flat.png", FLAT)
        self.put("laptop/cut.png", UNKNOWN[1][:len(UNKNOWN[1]) // 2])
        self.put("laptop/notes.txt", b"nothing to see\n")
        self.put("laptop/empty", b"")
        self.put("phone/a.zip", zipped(
            ("x/in zip.png", KNOWN[1]),
            ("nested.tgz", tarred(("deep.png", KNOWN[0]),
                                  ("plain.txt", b"text")))))
        self.put("phone/locked.zip", encrypted_zip("secret.png", KNOWN[0]))
        self.put(b"phone/n\xff\n.png", KNOWN[0])
        os.symlink("/etc/passwd", os.path.join(self.evidence, "phone/link"))
        os.mkfifo(os.path.join(self.evidence, "phone/pipe"))
        return {
            ("laptop", "DCIM/copy.png"): "EXACT",
            ("laptop", "docs/renamed.txt"): "EXACT",
            ("laptop", "docs/brighter.png"): "NEAR",
            ("laptop", "trial.png"): "TEST",
            ("laptop", "unknown.png"): "NO_KNOWN_MATCH",
            ("laptop", "flat.png"): "NO_KNOWN_MATCH",
            ("laptop", "cut.png"): None,
            ("laptop", "notes.txt"): "NO_KNOWN_MATCH",
            ("laptop", "empty"): "NO_KNOWN_MATCH",
            ("phone", "a.zip"): "NO_KNOWN_MATCH",
            ("phone", "a.zip » x/in zip.png"): "EXACT",
            ("phone", "a.zip » nested.tgz"): "NO_KNOWN_MATCH",
            ("phone", "n\ufffd\n.png"): "EXACT",
            ("phone", "locked.zip"): "NO_KNOWN_MATCH",
            ("phone", "locked.zip » secret.png"): "",
            ("phone", "link"): "",
            ("phone", "pipe"): "",
        }

    def test_finds_what_is_known_wherever_it_is_and_changes_nothing(self):
        self.store()
        expected = self.everything()
        before = facts(self.evidence)
        bytes_before = digests(self.evidence)
        result = self.scan("--each-in", self.evidence, code=1)
        self.assertEqual(facts(self.evidence), before)
        self.assertEqual(digests(self.evidence), bytes_before)
        places = self.places()
        for key, verdict in expected.items():
            self.assertIn(key, places)
            if verdict is not None:
                self.assertEqual(places[key].get("verdict", ""), verdict, key)
        deep = [line["verdict"] for key, line in places.items()
                if key[1].endswith("» deep.png")]
        self.assertEqual(deep, ["EXACT"])
        hits = {(event["exhibit"], event["path"]) for event in result.lines()
                if event["event"] == "hit"}
        self.assertEqual(hits, {key for key, line in places.items()
                                if line.get("verdict") in
                                ("EXACT", "NEAR", "TEST")})
        coverage = self.coverage()
        self.assertEqual(coverage["examined", "flat"], 1)
        self.assertEqual(coverage["not_examined", "encrypted_archive"], 1)
        self.assertEqual(coverage["not_examined", "special"], 2)
        self.assertEqual(sum(coverage.values()), len(places))

    def test_says_the_same_in_every_report(self):
        self.store()
        self.everything()
        done = self.scan("--each-in", self.evidence, code=1).lines()[-1]
        self.assertEqual(done["event"], "done")
        places = self.places()
        totals, = (line for line in self.report()
                   if line["type"] == "totals" and "exhibit" not in line)
        hits = [line for line in places.values()
                if line.get("verdict") in ("EXACT", "NEAR", "TEST")]
        self.assertEqual(totals["places"], len(places))
        self.assertEqual(totals["hit_places"], len(hits))
        self.assertEqual(done["places"], len(places))
        self.assertEqual(done["hit_places"], len(hits))
        rows = self.csv_rows()
        self.assertEqual(len(rows), len(places))
        self.assertEqual(
            sum(row["verdict"] in ("EXACT", "NEAR", "TEST") for row in rows),
            len(hits))
        for name in ("vics-1.3.json", "vics-2.0.json"):
            with open(os.path.join(self.out, "reports", name),
                      encoding="utf-8") as file:
                vics = json.load(file)
            files = sum(len(media["MediaFiles"]) for case in vics["value"]
                        for media in case["Media"])
            self.assertEqual(files, len(hits), name)

    def test_an_encrypted_drive_never_reads_as_a_pass(self):
        self.store()
        self.put("drive/all.zip", encrypted_zip("a.png", UNKNOWN[0]))
        result = self.kenal(*self.command(os.path.join(self.evidence,
                                                       "drive"))[1:])
        self.assertEqual(result.code, 1, result)
        self.assertIn("not examined", result.text())
        self.assertIn("encrypted archive", result.text())
        self.assertIn("Nothing was examined", result.text())
        with open(os.path.join(self.out, "reports", "report.html"),
                  encoding="utf-8") as file:
            page = file.read()
        self.assertIn("encrypted", page)
        for word in (r"\bclean\b", r"\bsafe\b"):
            self.assertIsNone(re.search(word, result.text(), re.I))

    def test_is_checked_offline_and_any_edit_shows(self):
        self.store()
        self.put("drive/a.png", KNOWN[0])
        done = self.scan(os.path.join(self.evidence, "drive")).lines()[-1]
        checked = harness.run("--json", "scan", "verify", self.out)
        self.assertEqual(checked.code, 0, checked)
        self.assertEqual(checked.lines()[0]["head"], done["custody_head"])
        log = os.path.join(self.out, "custody.jsonl")
        with open(log, encoding="utf-8") as file:
            first = json.loads(file.readline())
        for field, value in (("case", "C-1"), ("authority", "Court"),
                             ("examiner", "E. Xample")):
            self.assertEqual(first[field], value)
        report = os.path.join(self.out, "reports", "report.csv")
        with open(report, "ab") as file:
            file.write(b"x")
        self.assertEqual(harness.run("scan", "verify", self.out).code, 3)

    def test_is_finished_once(self):
        self.store()
        self.put("drive/a.png", KNOWN[0])
        drive = os.path.join(self.evidence, "drive")
        self.scan(drive)
        before = facts(self.out)
        again = self.scan(drive).lines()[-1]
        self.assertTrue(again["was_complete"])
        self.assertEqual({k: v[1] for k, v in facts(self.out).items()},
                         {k: v[1] for k, v in before.items()})
        self.fails(self.kenal(*self.command(self.evidence)), 2,
                   "other exhibits")

    def test_equal_files_are_decoded_once(self):
        self.store()
        for i in range(20):
            self.put(f"drive/{i}.png", UNKNOWN[0])
        done = self.scan(os.path.join(self.evidence, "drive")).lines()[-1]
        self.assertEqual(done["pictures_decoded"], 1)
        self.assertEqual(done["pictures"], 20)

    def test_known_good_files_are_not_decoded_and_hide_no_hit(self):
        self.store()
        sums = self.write("good.md5", "".join(
            f"{__import__('hashlib').md5(content).hexdigest()}  x\n"
            for content in (KNOWN[0], UNKNOWN[0])))
        self.ok(self.kenal("known-good", "add", "--list", "good",
                           "--format", "md5sum", sums))
        self.put("drive/known.png", KNOWN[0])
        self.put("drive/good.png", UNKNOWN[0])
        self.put("drive/other.png", UNKNOWN[1])
        drive = os.path.join(self.evidence, "drive")
        self.scan(drive)
        places = self.places()
        known = os.path.basename(drive)
        self.assertEqual(places[known, "known.png"]["verdict"], "EXACT")
        self.assertEqual(places[known, "good.png"]["reason"], "known_good")
        self.assertEqual(places[known, "other.png"]["reason"], "picture")

    def test_a_service_gives_the_same_report(self):
        self.store()
        self.everything()
        self.scan("--each-in", self.evidence, code=1)
        server = self.serve("--listen", "unix:" + self.path("s"))
        other = self.path("other")
        self.scan("--each-in", self.evidence, code=1, ask_with=server,
                  out=other)
        here, there = self.canonical(), self.canonical(other)
        for lines in (here[0], there[0]):
            for line in lines:
                line.pop("lists_from", None)
                line.pop("accessed", None)
        self.assertEqual(here[0], there[0])
        self.assertEqual(here[1], there[1])

    @unittest.skipUnless(strace_is_there(), "strace may not trace here")
    def test_opens_no_socket_with_a_store_of_its_own(self):
        self.store()
        self.everything()
        # A file each process: in one, lines of several break into each other.
        trace = self.path("trace")
        result = self.scan("--each-in", self.evidence, code=1,
                           prefix=("strace", "-ff", "-o", trace, "-e",
                                   "trace=socket,connect,bind,listen"))
        self.assertTrue(result.lines())
        calls = []
        for path in pathlib.Path(trace).parent.glob("trace.*"):
            text = path.read_text(encoding="utf-8", errors="replace")
            calls += re.findall(r"^(?:socket|connect|bind|listen)\(.*", text,
                                re.MULTILINE)
        # The workers try these when they prove their lock.
        self.assertTrue(calls)
        for call in calls:
            self.assertIn("EPERM", call)

    def test_stops_at_enough_hits_or_when_time_is_up(self):
        self.store()
        for i in range(30):
            self.put(f"drive/x/{i:02}.txt", os.urandom(2000))
        self.put("drive/DCIM/a.png", KNOWN[0])
        drive = os.path.join(self.evidence, "drive")
        done = self.scan(drive, "--stop-at", "1").lines()[-1]
        self.assertEqual(done["ending"], "enough_hits")
        self.assertEqual(done["hit_places"], 1)
        other = self.path("other")
        done = self.scan(drive, "--time-budget", "0.001s",
                         out=other).lines()[-1]
        self.assertEqual(done["ending"], "time_budget")
        missed = sum(count for (_, reason), count in
                     self.coverage(other).items() if reason == "not_reached")
        self.assertGreater(missed, 0)
        self.assertEqual(harness.run("scan", "verify", other).code, 0)

    def test_a_sample_says_what_it_stands_for(self):
        self.store()
        for i in range(200):
            self.put(f"drive/{i:03}.bin", os.urandom(5000))
        drive = os.path.join(self.evidence, "drive")
        done = self.scan(drive, "--sample", "100kB", "--seed", "7")
        sample, = (line["sample"] for line in self.report()
                   if line["type"] == "outcome")
        self.assertEqual(sample["population_bytes"], 1_000_000)
        # (1 - 0.1)^n <= 0.01
        self.assertEqual(sample["draws"], 44)
        coverage = self.coverage()
        looked_at = coverage["digest_only", "other"]
        self.assertEqual(looked_at + coverage["not_examined", "not_sampled"],
                         200)
        self.assertTrue(30 <= looked_at <= 44, looked_at)
        self.assertEqual(done.code, 0)
        other = self.path("other")
        self.scan(drive, "--sample", "100kB", "--seed", "7", out=other)
        self.assertEqual(self.canonical(), self.canonical(other))

    def test_names_what_is_wrong_with_the_command(self):
        self.store()
        self.put("drive/a.png", KNOWN[0])
        drive = os.path.join(self.evidence, "drive")
        scan = ("scan", drive, "--case", "1", "--authority", "a",
                "--examiner", "e")
        self.fails(self.kenal(*scan), 2, "--out")
        self.fails(self.kenal("scan", drive, "--out", self.out), 2, "--case")
        self.fails(self.kenal(*scan, "--out", os.path.join(drive, "o")), 3,
                   "nothing is ever written there")
        self.fails(self.kenal("scan", "--out", self.out, "--case", "1",
                              "--authority", "a", "--examiner", "e"), 2,
                   "what is to be scanned")
        self.fails(self.kenal("scan", self.path("nowhere"), *scan[2:],
                              "--out", self.out), 2, "no such file")
        self.fails(self.kenal(*scan, "--out", self.path("o2"),
                              "--time-budget", "soon"), 2, "--time-budget")
        self.write("full/of/other", "things")
        self.fails(self.kenal(*scan, "--out", self.path("full")), 3,
                   "holds other files")

    def test_stops_where_access_times_would_change(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to give files to somebody else")
        self.store()
        self.put("drive/a.png", KNOWN[0])
        drive = os.path.join(self.evidence, "drive")
        # Root may leave any time alone, so somebody else scans root's files.
        for folder, _, files in os.walk(self.data):
            for name in files + ["."]:
                os.chown(os.path.join(folder, name), 65534, 65534)
        os.chmod(self.folder, 0o777)
        before = facts(self.evidence)

        def scan(*more):
            return subprocess.run(
                ["setpriv", "--reuid", "65534", "--regid", "65534",
                 "--clear-groups", harness.KENAL, "--data", self.data,
                 *self.command(drive, *more)], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env=harness.environment(),
                check=False)
        refused = scan()
        self.assertEqual(refused.returncode, 3, refused)
        self.assertIn(b"--accept-atime", refused.stderr)
        self.assertEqual(facts(self.evidence), before)
        accepted = scan("--accept-atime")
        self.assertEqual(accepted.returncode, 0, accepted)
        with open(os.path.join(self.out, "custody.jsonl"), "rb") as file:
            said = [json.loads(line).get("access_times_may_change")
                    for line in file]
        self.assertIn(True, said)


if __name__ == "__main__":
    unittest.main()
