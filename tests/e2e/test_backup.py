"""Backups, compact and rebuild-index as a person uses them."""

import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
import unittest

import harness

HASHES = 60


class Backup(harness.TestCase):

    def setUp(self):
        super().setUp()
        self.backups = self.path("backups")
        self.restored = self.path("restored")
        self.random = random.Random(7)
        self.hashes = []

    def store(self):
        self.init(("demo", "test"))
        self.add(HASHES)

    def add(self, count):
        fresh = ["%032x" % self.random.getrandbits(128) for _ in range(count)]
        path = self.write("add.txt", "".join(f"md5 {h}\n" for h in fresh))
        self.ok(self.kenal("import", "--list", "demo", "--format", "pytx",
                           "--source", "us", path))
        self.hashes += fresh

    def answers(self, data):
        asked = "".join(f"md5 {h}\n" for h in self.hashes[::20] + ["0" * 32])
        told = self.ok(harness.run("--data", data, "--json", "query",
                                   stdin=asked)).lines()
        self.assertEqual([bool(a["matches"]) for a in told],
                         [True] * (len(told) - 1) + [False])
        return told

    def create(self):
        made = self.ok(self.kenal("--json", "backup", "create", self.backups))
        return made.lines()[0]

    def restore(self, *arguments):
        return harness.run("--json", "backup", "restore", self.backups, "--to",
                           self.restored, *arguments)

    def test_a_store_comes_back_with_every_answer(self):
        self.store()
        before = self.answers(self.data)
        made = self.create()
        self.add(HASHES)
        self.assertEqual(made["number"], 1)
        self.assertGreater(made["new_bytes"], 0)
        restored = self.ok(self.restore()).lines()[0]
        self.assertEqual(restored, made)
        self.hashes = self.hashes[:HASHES]
        self.assertEqual(self.answers(self.restored), before)
        self.ok(harness.run("--data", self.restored, "verify"))

    def test_list_check_and_prune_tell_what_there_is(self):
        self.store()
        made = []
        for _ in range(3):
            made.append(self.create())
            self.add(5)
        listed = self.ok(harness.run("--json", "backup", "list", self.backups))
        self.assertEqual(listed.lines(), made)
        text = self.ok(harness.run("backup", "list", self.backups)).text()
        self.assertIn("NUMBER", text)
        self.assertEqual(len(text.splitlines()), 4)
        for flags in ([], ["--verify"], ["--number", "2", "--verify"]):
            checked = self.ok(harness.run("--json", "backup", "check",
                                          self.backups, *flags)).lines()[0]
            self.assertTrue(checked["good"])
            self.assertEqual(checked["backups"], 1 if "--number" in flags
                             else 3)
        pruned = self.ok(harness.run("--json", "backup", "prune", self.backups,
                                     "--keep", "1")).lines()[0]
        self.assertEqual(pruned["removed"], [1, 2])
        self.fails(harness.run("backup", "check", self.backups, "--number",
                               "1"), 2, "no backup 1")

    def test_damage_is_named_and_never_restored(self):
        self.store()
        self.create()
        folder = os.path.join(self.backups, "files")
        name = max(os.listdir(folder), key=lambda n: os.path.getsize(
            os.path.join(folder, n)))
        path = os.path.join(folder, name)
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        self.fails(harness.run("backup", "check", self.backups), 3,
                   "damaged: backup 1", name)
        self.fails(self.restore(), 3, name, "is damaged")
        self.fails(harness.run("--data", self.restored, "stats"), 2,
                   "no store")

    def test_wrong_folders_are_refused_in_words(self):
        self.store()
        self.create()
        self.fails(harness.run("backup", "restore", self.backups, "--to",
                               self.data), 3, "a store already")
        self.fails(self.kenal("backup", "create", self.data), 3,
                   "holds other files")
        self.fails(self.kenal("backup", "create", self.path("no", "where")), 4,
                   "cannot be made")
        self.fails(harness.run("backup", "list", self.data), 3, "no backups")
        self.fails(harness.run("backup", "list", self.path("none")), 2,
                   "no such folder")
        self.fails(harness.run("backup", "prune", self.backups, "--keep", "0"),
                   2)
        other = self.path("other")
        self.ok(harness.run("--data", other, "init"))
        self.fails(harness.run("--data", other, "backup", "create",
                               self.backups), 3, "another store")
        self.fails(harness.run("backup", "create", self.backups), 2, "--data")
        self.assertEqual(harness.run("backup", "check", self.backups).code, 0)

    def test_a_killed_backup_leaves_the_others_whole(self):
        self.store()
        self.create()
        for trial in range(12):
            self.add(3)
            process = harness.start("--data", self.data, "-q", "backup",
                                    "create", self.backups)
            time.sleep(trial * 0.004)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=harness.TIMEOUT_S)
            self.ok(harness.run("backup", "check", self.backups, "--verify"))
        self.create()
        shutil.rmtree(self.restored, ignore_errors=True)
        self.ok(self.restore())
        self.assertEqual(self.answers(self.restored), self.answers(self.data))

    def until(self, condition):
        end = time.monotonic() + harness.TIMEOUT_S
        while not condition():
            self.assertLess(time.monotonic(), end, "it did not happen")
            time.sleep(0.02)

    def listed(self):
        result = harness.run("--json", "backup", "list", self.backups)
        return result.lines() if result.code == 0 else []

    def known(self, data, digests):
        """Of each, whether the store holds it."""
        asked = "".join(f"md5 {digest}\n" for digest in digests)
        told = self.ok(harness.run("--data", data, "--json", "query",
                                   stdin=asked)).lines()
        return [bool(answer["matches"]) for answer in told]

    def test_a_server_makes_backups_while_it_is_written_to(self):
        self.store()
        server = self.serve("--backups", self.backups)
        written, stop = [], threading.Event()

        def write():
            while not stop.is_set():
                digest = "%032x" % (len(written) + 1)
                path = self.write("one.txt", f"md5 {digest}\n")
                self.ok(server.run("import", "--list", "demo", "--format",
                                   "pytx", "--source", "us", path))
                written.append(digest)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            self.until(lambda: len(written) >= 3)
            before = len(written)
            first = self.ok(server.run("--json", "backup", "create")).lines()[0]
            after = len(written) + 1  # one may be under way
            second = self.ok(server.run("--json", "backup",
                                        "create")).lines()[0]
        finally:
            stop.set()
            writer.join()
        self.assertEqual([first["number"], second["number"]], [1, 2])
        self.assertEqual(self.listed(), [first, second])
        self.assertGreaterEqual(second["sequence"], first["sequence"])
        # The second copies what is new alone.
        self.assertEqual(first["new_bytes"], first["size_bytes"])
        self.assertLess(second["new_bytes"], second["size_bytes"])
        self.assertEqual(server.stop()[0], 0)
        self.ok(harness.run("backup", "check", self.backups, "--verify"))

        # It is the store of its sequence: what was acknowledged before, and
        # nothing but a beginning of what came meanwhile.
        self.ok(self.restore("--number", "1"))
        stats = harness.run("--data", self.restored, "--json", "stats")
        self.assertEqual(stats.lines()[0]["sequence"], first["sequence"])
        there = self.known(self.restored, written)
        self.assertEqual(there, sorted(there, reverse=True))
        self.assertTrue(before <= sum(there) <= after,
                        (before, sum(there), after))
        self.assertEqual(self.known(self.restored, self.hashes),
                         [True] * HASHES)

    def test_a_server_makes_backups_by_the_clock_and_by_signal(self):
        self.store()
        server = self.serve("--backups", self.backups, "--backup-every", "60",
                            "--backup-keep", "2")
        self.until(lambda: len(self.listed()) == 1)  # there was none
        self.fails(self.kenal("backup", "create", self.backups), 4,
                   "--server")
        for number in (2, 3):
            server.process.send_signal(signal.SIGUSR1)
            self.until(lambda: self.listed() and
                       self.listed()[-1]["number"] == number)
        self.until(lambda: [b["number"] for b in self.listed()] == [2, 3])
        code, log = server.stop()
        self.assertEqual(code, 0)
        events = [json.loads(line) for line in log.splitlines()
                  if line.startswith(b"{")]
        self.assertEqual([e["number"] for e in events
                          if e.get("event") == "backup"], ["1", "2", "3"])
        self.ok(self.restore())
        self.assertEqual(self.answers(self.restored), self.answers(self.data))

    def test_what_a_server_does_not_do_is_said(self):
        self.store()
        server = self.serve()
        self.fails(server.run("backup", "create"), 3, "--backups")
        self.fails(server.run("backup", "create", self.backups), 2,
                   "leave DEST out")
        server.process.send_signal(signal.SIGUSR1)  # harmless
        self.ok(server.run("stats"))
        self.assertEqual(server.stop()[0], 0)
        self.fails(self.kenal("backup", "create"), 2, "--server")
        self.fails(self.kenal("serve", "--backup-every", "5"), 2, "--backups")

    def test_a_full_disk_ends_a_backup_and_not_the_server(self):
        disk = self.small_disk("16k")
        if disk is None:
            self.skipTest("mounting a small disk is not permitted here")
        self.store()
        server = self.serve("--backups", os.path.join(disk, "backups"))
        for _ in range(2):
            self.fails(server.run("backup", "create"), 5, "backups")
        self.ok(server.run("query", stdin=f"md5 {self.hashes[0]}\n"))
        path = self.write("more.txt", "md5 %032x\n" % 1)
        self.ok(server.run("import", "--list", "demo", "--format", "pytx",
                           "--source", "us", path))
        # Room again, and the next one is whole.
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        self.ok(server.run("backup", "create"))
        self.assertEqual(server.stop()[0], 0)
        self.ok(harness.run("backup", "check", os.path.join(disk, "backups"),
                            "--verify"))

    def test_a_server_killed_within_a_backup_leaves_the_others_whole(self):
        self.store()
        self.create()
        for trial in range(8):
            server = self.serve("--backups", self.backups)
            asking = harness.start("--server", server.address, "-q", "backup",
                                   "create", stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
            time.sleep(trial * 0.01)
            server.process.kill()
            asking.wait(timeout=harness.TIMEOUT_S)
            server.stop()
            self.ok(harness.run("backup", "check", self.backups, "--verify"))
        self.add(3)
        self.create()
        self.ok(self.restore())
        self.assertEqual(self.answers(self.restored), self.answers(self.data))

    def test_compact_and_rebuild_index_change_no_answer(self):
        self.store()
        before = self.answers(self.data)
        compacted = self.ok(self.kenal("--json", "compact")).lines()[0]
        self.assertGreater(compacted["bytes_after"], 0)
        self.assertEqual(self.answers(self.data), before)
        built = self.ok(self.kenal("--json", "rebuild-index")).lines()[0]
        self.assertEqual(built["digest_rows"], HASHES)
        self.assertFalse(built["kept"])
        self.assertEqual(self.answers(self.data), before)
        self.ok(self.kenal("verify"))
        self.assertIn("compacted", self.ok(self.kenal("compact")).text())
        self.assertIn("built the index",
                      self.ok(self.kenal("rebuild-index")).text())


if __name__ == "__main__":
    unittest.main()
