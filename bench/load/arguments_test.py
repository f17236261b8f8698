#!/usr/bin/python3
"""The scripts of the load generator, when they are called wrongly."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ("bench/load/run.sh", "tools/soak.sh")


class Arguments(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.built = pathlib.Path(self.folder.name, "built")
        cmake = pathlib.Path(self.folder.name, "cmake")
        cmake.write_text(f"#!/bin/sh\ntouch {self.built}\nexit 1\n",
                         encoding="ascii")
        cmake.chmod(0o755)

    def call(self, script, *words):
        path = f"{self.folder.name}:{os.environ['PATH']}"
        return subprocess.run([ROOT / script, *words], check=False, text=True,
                              capture_output=True, timeout=120,
                              env={**os.environ, "PATH": path})

    def test_what_is_wrong_is_told_before_anything_is_built(self):
        wrong = [["--unknown"], ["--entries", "many"], ["--entries", "0"],
                 ["--store", "/"], ["--bin", "/nowhere"],
                 ["--store", "/nowhere", "--known", "/nowhere"]]
        for script in SCRIPTS:
            more = [["--only", "nothing"], ["word"]] if "run" in script else [
                ["word"], ["0"], ["1", "--rate", "0"]]
            for words in wrong + more:
                with self.subTest([script, *words]):
                    done = self.call(script, *words)
                    self.assertEqual(done.returncode, 2, done)
                    self.assertIn(f"{script}: error: ", done.stderr)
                    self.assertFalse(self.built.exists())

    def test_help_builds_nothing(self):
        for script in SCRIPTS:
            self.assertIn("--entries", self.call(script, "--help").stdout)
            self.assertFalse(self.built.exists())

    def test_a_build_that_fails_is_told_in_a_line(self):
        for script in SCRIPTS:
            done = self.call(script)
            self.assertTrue(self.built.exists(), done)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn("the build failed", done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.built.unlink()


if __name__ == "__main__":
    unittest.main()
