"""Scans that are ended at any moment go on where they were."""

import json
import os
import random
import signal
import subprocess
import time
import unittest

import harness
from scan_evidence import KNOWN, UNKNOWN, ScanCase, tarred, zipped

KILLS = 8


class Resume(ScanCase):

    def much(self):
        """Two exhibits: pictures made unique by trailing bytes, many equal,
        containers that take a while."""
        source = random.Random(3)
        self.put("a/DCIM/known.png", KNOWN[0])
        for i in range(120):
            self.put(f"a/DCIM/{i:03}.png",
                     UNKNOWN[i % 2] + source.randbytes(4 + i % 60))
        for i in range(400):
            self.put(f"a/text/{i % 7}/{i:03}.txt", source.randbytes(500))
        for i in range(40):
            self.put(f"b/copies/{i}.png", KNOWN[i % 3])
        self.put("b/many.zip", zipped(*(
            (f"{i:03}.png", UNKNOWN[i % 2] + source.randbytes(9))
            for i in range(80))))
        self.put("b/deep.tgz", tarred(
            ("inner.zip", zipped(*((f"{i}.png", KNOWN[1] + bytes([i]))
                                   for i in range(30)))),
            ("x.png", KNOWN[2])))

    def start(self):
        return harness.start("--data", self.data, *self.command(
            "--each-in", self.evidence), stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)

    def start_until(self, event):
        """A run that is past its first such event."""
        process = self.start()
        for line in process.stdout:
            if json.loads(line)["event"] == event:
                break
        return process

    def journal_bytes(self):
        try:
            return os.path.getsize(os.path.join(self.out, "findings.journal"))
        except FileNotFoundError:
            return 0

    def test_kills_leave_the_same_report(self):
        self.store()
        self.much()
        whole = self.path("whole")
        began = time.monotonic()
        done = self.scan("--each-in", self.evidence, out=whole).lines()[-1]
        took = time.monotonic() - began
        source = random.Random()
        seed = source.randrange(1 << 30)
        print(f"seed {seed}")
        source.seed(seed)
        sizes = []
        for _ in range(KILLS):
            process = self.start()
            time.sleep(source.uniform(0, took / 2))
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=harness.TIMEOUT_S)
            if process.returncode == 0:
                break
            # What was written once is never taken back.
            sizes.append(self.journal_bytes())
        self.assertEqual(sizes, sorted(sizes))
        self.scan("--each-in", self.evidence)
        self.assertEqual(self.canonical(), self.canonical(whole))
        places = self.places()
        self.assertEqual(len(places), done["places"])
        checked = harness.run("--json", "scan", "verify", self.out)
        self.assertEqual(checked.code, 0, checked)

    def test_what_was_synced_is_not_done_again(self):
        self.store()
        self.much()
        for i in range(4000):  # Some seconds' work.
            self.put(f"c/{i:04}.png", UNKNOWN[i % 2] + b"%d" % i)
        process = self.start()
        done = 0
        # Its events tell what is done; a second later that is synced.
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "progress" and event["files_done"] > 0:
                done = event["files_done"]
                time.sleep(1)
                break
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=harness.TIMEOUT_S)
        lines = self.scan("--each-in", self.evidence).lines()
        first = next(line for line in lines if line["event"] == "progress"
                     and line["all_found"] or line["event"] == "done")
        if first["event"] == "progress":
            self.assertGreaterEqual(first["files_done"], done)
        with open(os.path.join(self.out, "custody.jsonl"),
                  encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        again = [event for event in events if event["event"] == "continue"]
        self.assertEqual(len(again), 1)
        self.assertGreaterEqual(again[0]["places_done_before"], done)

    def test_an_interrupt_is_said_and_kept(self):
        self.store()
        self.much()
        process = self.start_until("hit")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=harness.TIMEOUT_S)
        self.assertIn(process.returncode, (0, 1))
        if process.returncode == 1:
            open_log = harness.run("scan", "verify", self.out)
            self.assertEqual(open_log.code, 1, open_log)
            again = self.path("again")
            harness.run("scan", "report", self.out, "--to", again)
            self.assertIn("report.csv", os.listdir(again))
        self.scan("--each-in", self.evidence)
        self.assertEqual(harness.run("scan", "verify", self.out).code, 0)

    def test_two_at_once_are_refused(self):
        self.store()
        self.much()
        process = self.start()
        while self.journal_bytes() == 0 and process.poll() is None:
            time.sleep(0.01)
        second = harness.run("--data", self.data,
                             *self.command("--each-in", self.evidence))
        process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(second.code, 4, second)

    def test_a_full_report_disk_is_named_and_costs_nothing(self):
        disk = self.small_disk("96k")
        if disk is None:
            self.skipTest("needs the right to mount a small disk")
        self.store()
        self.much()
        self.out = os.path.join(disk, "out")
        full = self.kenal(*self.command("--each-in", self.evidence))
        self.assertEqual(full.code, 5, full)
        self.assertIn("No space", full.messages())
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        self.scan("--each-in", self.evidence)
        whole = self.path("whole")
        self.scan("--each-in", self.evidence, out=whole)
        self.assertEqual(self.canonical(), self.canonical(whole))

    def test_files_that_vanish_or_appear_while_it_is_away(self):
        self.store()
        self.much()
        process = self.start_until("hit")
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=harness.TIMEOUT_S)
        for i in range(400):
            path = os.path.join(self.evidence, f"a/text/{i % 7}/{i:03}.txt")
            if i % 2 == 0:
                os.unlink(path)
        self.put("a/DCIM/late.png", KNOWN[0])
        self.scan("--each-in", self.evidence)
        self.assertEqual(self.places()["a", "DCIM/late.png"]["verdict"],
                         "EXACT")


if __name__ == "__main__":
    unittest.main()
