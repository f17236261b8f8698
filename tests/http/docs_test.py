"""What docs/http.md, docs/api.md and README.md say to type into a shell works
as it is written, in an empty folder with a picture."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

BIN_DIR = os.environ["KENAL_BIN_DIR"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "tests/data/pdq-vectors/gen/a-420-q90.jpg"
TIMEOUT_S = 240
# Ports that pages name, which may be taken here.
PORTS = ("7117", "7118")
CURL = """#!/bin/sh
# Answers above 399 are failures, and their end is that of a line.
/usr/bin/curl --fail-with-body -w '\\n' "$@" || {
  echo "failed: $*" >&2
  echo x >> "$FAILURES"
}
"""


def blocks(page, heading, kind="sh"):
    """What a section has in ``` blocks of one kind."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = re.split(r"(?m)^## ", text.partition(f"\n## {heading}\n")[2])[0]
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```", section)


class Docs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kenal-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("photo.jpg", "picture.jpg"):
            shutil.copyfile(PICTURE, os.path.join(self.folder, name))
        tools = os.path.join(self.folder, "tools")
        os.mkdir(tools)
        curl = os.path.join(tools, "curl")
        with open(curl, "w", encoding="ascii") as file:
            file.write(CURL)
        os.chmod(curl, 0o755)
        self.failures = os.path.join(self.folder, "failures")
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("KENAL_")}
        self.environment = {**kept, "FAILURES": self.failures,
                            "PATH": f"{tools}:{BIN_DIR}:{kept['PATH']}"}

    def run_in_shell(self, script):
        """Its output, when each command of it worked."""
        frees = {}
        for port in PORTS:
            with socket.create_server(("127.0.0.1", 0)) as free:
                frees[port] = str(free.getsockname()[1])
        script = re.sub(r"(?<=:)(%s)\b" % "|".join(PORTS),
                        lambda found: frees[found[1]], script)
        script = "set -e\ntrap 'kill $(jobs -p); wait' EXIT\n" + script
        done = subprocess.run(["bash", "-c", script], cwd=self.folder,
                              env=self.environment, capture_output=True,
                              timeout=TIMEOUT_S, check=False, text=True)
        said = f"{script}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, 0, said)
        self.assertFalse(os.path.exists(self.failures), said)
        return done.stdout

    def test_the_page_about_http_works_as_it_is_written(self):
        first = blocks("docs/http.md", "Trying it")
        second = blocks("docs/http.md", "For users of the "
                        "Hasher-Matcher-Actioner")
        shown = blocks("docs/http.md", "For users of the "
                       "Hasher-Matcher-Actioner", "text")
        self.assertEqual((len(first), len(second), len(shown)), (4, 1, 1))
        out = self.run_in_shell("\n".join([*first, "echo LOOKUPS", *second]))
        self.assertIn('"verdict":"VERDICT_TEST"', out)
        lookups = out.partition("LOOKUPS\n")[2]
        self.assertEqual([line for line in lookups.splitlines() if line],
                         shown[0].splitlines())

    def test_the_front_page_works_as_it_is_written(self):
        commands = blocks("README.md", "Put it in front of every upload", "")
        asked = [block for block in commands if "curl" in block]
        self.assertEqual(len(asked), 1)
        started = next(block for block in commands if "certs try" in block)
        # `top` is for people, and ends with Ctrl-C.
        started = re.sub(r"(?m) top$", " top --once", started)
        out = self.run_in_shell(
            "export KENAL_DATA=store\nkenal init\n" + started + "\n" +
            asked[0].rstrip() + "\n")
        self.assertIn('"verdict":"VERDICT_NO_KNOWN_MATCH"', out)


if __name__ == "__main__":
    unittest.main()
