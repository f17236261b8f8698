"""`kenal top` against a running server, on a terminal and elsewhere."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

import harness

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?25h\x1b[?1049l"


class Terminal:
    """A command on a terminal of a given size."""

    def __init__(self, columns, rows, *arguments):
        self.parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(child)
        self.child = child
        self.process = harness.start(*arguments, stdout=child, stderr=child,
                                     stdin=subprocess.DEVNULL,
                                     env=harness.environment(TERM="xterm"))
        self.shown = b""

    def wait_for(self, *parts):
        """Until all of `parts` were shown since the last wait."""
        start = len(self.shown)
        give_up = time.monotonic() + harness.TIMEOUT_S
        while not all(part in self.shown[start:] for part in parts):
            left = give_up - time.monotonic()
            if left < 0 or not select.select([self.parent], [], [], left)[0]:
                raise AssertionError(f"{parts} not in {self.shown[-5000:]!r}")
            self.shown += os.read(self.parent, 65536)
        return self.shown[start:]

    def stop(self):
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        self.wait_for(LEAVE)
        code = self.process.wait(timeout=harness.TIMEOUT_S)
        after = termios.tcgetattr(self.child)
        os.close(self.child)
        os.close(self.parent)
        return code, after == self.before


class Top(harness.TestCase):

    def setUp(self):
        super().setUp()
        self.init(("abuse", "child-abuse"), ("try", "test"))
        self.kite = self.write("kite.png", harness.picture(71))
        self.ok(self.kenal("ingest", "--list", "abuse", self.kite))
        self.server = self.serve()

    def ask_once(self):
        self.ok(self.server.run("match", self.kite))

    def test_once_prints_totals(self):
        self.ask_once()
        text = self.ok(self.server.run("top", "--once")).text()
        self.assertIn(f"kenal at {self.server.address}\n", text)
        self.assertRegex(text, r"(?m)^server +serving +up \d+s +")
        self.assertIn("totals since its start", text)
        self.assertRegex(text, r"(?m)^verdicts +EXACT 1 ")
        self.assertRegex(text, r"(?m)^refused +none$")
        self.assertRegex(text, r"(?m)^total +\w+ +\d+ +[0-9.]+ m?s")
        self.assertRegex(text, r"(?m)^abuse +\d+ +0 +1 +\d+s ago +0$")
        self.assertNotIn("\x1b", text)

    def test_json_has_the_same_numbers(self):
        self.ask_once()
        told = self.ok(self.server.run("--json", "top", "--once")).lines()
        self.assertEqual(len(told), 1)
        verdicts = {v["verdict"]: v["total"] for v in told[0]["verdicts"]}
        self.assertEqual(verdicts["EXACT"], 1)
        self.assertTrue(told[0]["serving"])
        self.assertEqual(told[0]["index_lag_changes"], 0)
        entries = {line["list"]: line["entries"] for line in told[0]["lists"]}
        self.assertEqual(entries, {"abuse": 1, "try": 0})
        self.assertNotIn("over_seconds", told[0])

    def test_without_a_terminal_json_follows_json_until_a_signal(self):
        process = harness.start("--server", self.server.address, "--json",
                                "top", "--interval", "0.1",
                                stdout=subprocess.PIPE)
        told = [json.loads(process.stdout.readline()) for _ in range(3)]
        self.assertNotIn("over_seconds", told[0])
        self.assertGreater(told[2]["over_seconds"], 0)
        self.assertIn("per_second", told[2]["requests"][0])
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual(process.returncode, 0)

    def test_a_terminal_is_redrawn_in_place_and_given_back(self):
        for columns, rows in ((80, 24), (40, 10)):
            top = Terminal(columns, rows, "--server", self.server.address,
                           "top", "--interval", "0.1")
            shown = top.wait_for(ENTER, b"rates of ")
            for frame in shown.split(b"\x1b[H")[2:-1]:
                lines = frame.decode().replace("\x1b[K", "").replace(
                    "\x1b[J", "").rstrip("\r\n").split("\r\n")
                self.assertLess(len(lines), rows)
                for line in lines:
                    self.assertLessEqual(len(line), columns, line)
            self.assertEqual(top.stop(), (0, True))

    def test_a_server_that_goes_away_is_asked_until_it_is_back(self):
        top = Terminal(80, 24, "--server", self.server.address,
                       "top", "--interval", "0.1")
        top.wait_for(b"server    serving")
        self.server.stop()
        top.wait_for(b"trying again: ")
        self.server = self.serve()
        top.wait_for(b"server    serving")
        self.assertEqual(top.stop(), (0, True))

    def test_errors_are_clear(self):
        self.fails(harness.run("--server", "unix:" + self.path("none.sock"),
                               "top", "--once"), 4, "none.sock")
        self.fails(self.kenal("top"), 2, "--server")
        self.fails(self.server.run("top", "--interval", "0"), 2, "interval")
        self.server.stop()
        self.server = self.serve("--local-roles", "query")
        for once in ((), ("--once",)):
            result = self.server.run("top", *once)
            self.assertNotEqual(result.code, 0, result)
            self.assertIn("audit or admin", result.messages())


if __name__ == "__main__":
    unittest.main()
