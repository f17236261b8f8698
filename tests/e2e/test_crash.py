"""kill -9 in the middle of work, and the same work again."""

import os
import random
import signal
import subprocess
import time
import unittest

import harness

FILES = 120


class Killed(harness.TestCase):

    def pictures(self):
        for i in range(FILES):
            self.write(f"pictures/{i:03}.png", harness.picture(i, side=24))
        return self.path("pictures")

    def counts(self):
        shown, = self.ok(self.kenal("list", "show", "abuse", "--json")).lines()
        return shown["active"]

    def kill_at_first_line(self, *arguments):
        process = harness.start("--data", self.data, *arguments,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        lines = [process.stdout.readline()]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines()
        process.stdout.close()
        process.wait()
        return [line for line in lines if line.endswith(b"}\n") or
                line.endswith(b"}")]

    def test_an_ingest_that_was_killed_is_simply_run_again(self):
        folder = self.pictures()
        self.init(("abuse", "child-abuse"))
        ingest = ["ingest", "--json", "--list", "abuse", "--workers", "1",
                  folder]
        reported = self.kill_at_first_line(*ingest)
        self.assertGreater(len(reported), 0)
        # What was reported is there, whatever else is.
        self.ok(self.kenal("verify"))
        self.assertGreaterEqual(self.counts(), len(reported))
        again = self.ok(self.kenal(*ingest)).lines()
        outcomes = [line["outcome"] for line in again]
        self.assertEqual(len(outcomes), FILES)
        self.assertGreaterEqual(outcomes.count("unchanged"), len(reported))
        self.assertEqual(self.counts(), FILES)
        self.ok(self.kenal("verify"))
        matched = self.ok(self.kenal("match", "--json", folder)).lines()
        self.assertEqual({answer["verdict"] for answer in matched}, {"EXACT"})

    def test_an_import_that_was_killed_is_simply_run_again(self):
        self.init(("abuse", "child-abuse"))
        source = random.Random(41)
        lines = [f"pdq {harness.pdq_hex(source)}" for _ in range(60_000)]
        path = self.write("list.txt", "\n".join(lines))
        for delay in (0.05, 0.2, 0.4, 0.8):
            process = harness.start("--data", self.data, "import", "--list",
                                    "abuse", "--format", "pytx", path,
                                    stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            time.sleep(delay)
            process.kill()
            process.wait()
            self.ok(self.kenal("verify"))
        self.ok(self.kenal("import", "--list", "abuse", "--format", "pytx",
                           path))
        self.assertEqual(self.counts(), len(lines))
        self.ok(self.kenal("verify"))
        answers = self.ask(*lines[::6_000])
        self.assertEqual({a["verdict"] for a in answers}, {"NEAR"})

    def test_a_server_that_was_killed_leaves_a_store_that_opens(self):
        self.init(("abuse", "child-abuse"))
        server = self.serve()
        line = "pdq " + harness.pdq_hex(random.Random(42))
        self.ok(server.run("import", "--list", "abuse", "--format", "pytx",
                           "-", stdin=line))
        server.stop(signal.SIGKILL)
        answer, = self.ask(line)
        self.assertEqual(answer["verdict"], "NEAR")
        # The dead server's socket does not keep the next one from starting.
        self.ok(self.serve().run("stats"))

    def test_a_server_stops_cleanly_on_either_signal(self):
        self.init()
        for number in (signal.SIGTERM, signal.SIGINT):
            server = self.serve()
            path = server.address.removeprefix("unix:")
            code, err = server.stop(number)
            self.assertEqual(code, 0, err)
            self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    unittest.main()
