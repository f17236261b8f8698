"""What is shown on a terminal, and what is not shown elsewhere."""

import os
import pty
import select
import subprocess
import unittest

import harness


def run_on_terminal(*arguments, stdin=None, **extra):
    """Runs kenal with stdout and stderr on a terminal; returns what it
    showed."""
    parent, child = pty.openpty()
    environment = harness.environment(TERM="xterm", **extra)
    process = harness.start(*arguments, stdout=child, stderr=child,
                            stdin=stdin or subprocess.DEVNULL,
                            env=environment)
    os.close(child)
    shown = b""
    while True:
        ready, _, _ = select.select([parent], [], [], harness.TIMEOUT_S)
        if not ready:
            process.kill()
            break
        try:
            part = os.read(parent, 65536)
        except OSError:  # The terminal is gone with the last writer.
            break
        if not part:
            break
        shown += part
    os.close(parent)
    return process.wait(), shown


class Terminal(harness.TestCase):

    def setUp(self):
        super().setUp()
        self.init(("abuse", "child-abuse"))
        self.kite = self.write("kite.png", harness.picture(61))
        self.ok(self.kenal("ingest", "--list", "abuse", self.kite))

    def test_a_match_is_a_table_with_colour_on_a_terminal_only(self):
        code, shown = run_on_terminal("--data", self.data, "match", self.kite)
        self.assertEqual(code, 0, shown)
        self.assertIn(b"VERDICT", shown)
        self.assertIn(b"\x1b[1;31mEXACT\x1b[0m", shown)
        code, shown = run_on_terminal("--data", self.data, "match", self.kite,
                                      NO_COLOR="1")
        self.assertIn(b"EXACT", shown)
        self.assertNotIn(b"\x1b[1;31m", shown)
        piped = self.ok(self.kenal("match", self.kite))
        self.assertNotIn(b"\x1b", piped.out + piped.err)
        self.assertIn(self.kite.encode(), piped.out)
        self.assertRegex(piped.text(),
                         r"EXACT +0 +abuse +1 +same file \(md5, sha1, sha256\)")

    def test_progress_is_a_live_line_on_a_terminal_only(self):
        big = os.path.join(harness.VECTORS, "gen", "a-big-4000x3000.jpg")
        match = ["--data", self.data, "match", "--workers", "1"] + [big] * 12
        code, shown = run_on_terminal(*match)
        self.assertEqual(code, 0, shown)
        self.assertRegex(shown, rb"\r\x1b\[Kmatch \d+/12 files")
        code, shown = run_on_terminal(*match, "--quiet")
        self.assertNotIn(b"\x1b[K", shown)
        piped = self.ok(harness.run(*match))
        self.assertNotIn(b"\x1b", piped.out + piped.err)

    def test_quiet_says_nothing_but_results(self):
        quiet = self.ok(self.kenal("match", "--quiet", self.kite))
        self.assertEqual(quiet.err, b"")
        self.assertIn(b"EXACT", quiet.out)

    def test_query_on_a_terminal_says_what_it_waits_for(self):
        parent, child = pty.openpty()
        process = harness.start("--data", self.data, "query", stdin=child,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        os.close(child)
        self.assertIn(b"waiting for lines", process.stderr.readline())
        os.write(parent, b"\x04")
        out, err = process.communicate(timeout=harness.TIMEOUT_S)
        os.close(parent)
        self.assertEqual((process.returncode, out, err), (0, b"", b""))


if __name__ == "__main__":
    unittest.main()
