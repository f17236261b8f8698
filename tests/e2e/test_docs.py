"""docs/cli.md shows what the programs really print.

    python3 test_docs.py --print    prints the page with today's output
"""

import os
import re
import shutil
import subprocess
import sys
import unittest

import harness

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "cli.md")
PICTURES = {
    "bridge.jpg": "upstream/bridge-mods/aaa-orig.jpg",
    "small.jpg": "upstream/bridge-mods/shrink-a-little.jpg",
    "turned.jpg": "upstream/reg-test-input/dih/bridge-2-rotate-90.jpg",
    "street.jpg": "upstream/reg-test-input/labelme-subset/q0122.jpg",
}
# A picture, and the same one within a white frame.
BOAT, FRAMED, FRAME = "pnm/a-640x300.ppm", "framed.ppm", 60
# What differs from run to run, or is of no use to a reader.
CHANGING = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-01-31T12:00:00Z"),
    (r"\b([0-9a-f]{6})[0-9a-f]{26,}\b", r"\1..."),
    (r"kenal: took .*\n", ""),
    (r"([0-9.]+) (KiB|MiB)", "100.0 KiB"),
    (r"/[^ ]*/store", "/srv/store"),
    (r"process \d+", "process 123"),
    (r"pid \d+", "pid 123"),
]
# Hex that comes from a store's random key.
RANDOM = [(r"(source id +|store +|source_id\":\"|caught up at |cursor\":\")"
           r"[0-9a-f]{6}(?=\.\.\.)", r"\g<1>1a2b3c")]


def shown(output):
    for pattern, replacement in CHANGING + RANDOM:
        output = re.sub(pattern, replacement, output)
    return output


def in_frame(ppm, frame):
    """The picture of a binary PPM with `frame` white pixels around it."""
    kind, size, depth, pixels = ppm.split(b"\n", 3)
    width, height = map(int, size.split())
    wide = width + 2 * frame
    white = b"\xff" * 3
    rows = [white * frame + pixels[3 * width * y:3 * width * (y + 1)]
            + white * frame for y in range(height)]
    edge = [white * wide] * frame
    return b"%s\n%d %d\n%s\n%s" % (kind, wide, height + 2 * frame, depth,
                                   b"".join(edge + rows + edge))


class Shell:
    """Runs the page's commands, one after the other, in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.variables = harness.environment(
            PATH=harness.BIN_DIR + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
        self.background = None

    def run(self, command):
        if command.startswith("export "):
            name, value = command.removeprefix("export ").split("=", 1)
            self.variables[name] = value.replace("$PWD", self.folder)
            return ""
        if command.endswith(" &"):
            self.background = subprocess.Popen(
                command.removesuffix(" &").split(), cwd=self.folder,
                env=self.variables, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
            return shown(self.background.stdout.readline())
        done = subprocess.run(["bash", "-c", command], cwd=self.folder,
                              env=self.variables, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              timeout=harness.TIMEOUT_S, check=False)
        return shown(done.stdout)

    def close(self):
        if self.background:
            self.background.terminate()
            self.background.communicate(timeout=harness.TIMEOUT_S)


def page_with_outputs(page, folder):
    """The page with each console block's output as it is today."""
    for name, vector in PICTURES.items():
        shutil.copyfile(os.path.join(harness.VECTORS, vector),
                        os.path.join(folder, name))
    boat = os.path.join(harness.VECTORS, BOAT)
    shutil.copyfile(boat, os.path.join(folder, "boat.ppm"))
    with open(boat, "rb") as source:
        framed = in_frame(source.read(), FRAME)
    with open(os.path.join(folder, FRAMED), "wb") as file:
        file.write(framed)
    shell = Shell(folder)

    def fill(block):
        commands = [line for line in block.group(1).splitlines()
                    if line.startswith("$ ")]
        filled = "".join(f"{command}\n{shell.run(command[2:])}"
                         for command in commands)
        return f"```console\n{filled}```"

    try:
        return re.sub(r"```console\n(.*?)```", fill, page, flags=re.DOTALL)
    finally:
        shell.close()


class Docs(harness.TestCase):
    maxDiff = None

    def test_the_page_shows_what_the_programs_print(self):
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        self.assertGreater(page.count("```console"), 8)
        self.assertEqual(page, page_with_outputs(page, self.folder))


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        import tempfile
        with open(PAGE, encoding="utf-8") as source:
            with tempfile.TemporaryDirectory(prefix="kenal-") as at:
                print(page_with_outputs(source.read(), at), end="")
    else:
        unittest.main()
