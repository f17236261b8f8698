"""Runs the real `kenal` in temporary folders.

KENAL_BIN_DIR says where the programs are and KENAL_TEST_DATA where the test
pictures are; ctest sets both.
"""

import json
import math
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest
import zlib

BIN_DIR = os.environ["KENAL_BIN_DIR"]
KENAL = os.path.join(BIN_DIR, "kenal")
VECTORS = os.path.join(os.environ["KENAL_TEST_DATA"], "pdq-vectors")
# Far above what any command here takes, so that a hang is a failure.
TIMEOUT_S = 240


class Result:
    """What one run of `kenal` gave. `out` and `err` are bytes."""

    def __init__(self, arguments, code, out, err):
        self.arguments = arguments
        self.code = code
        self.out = out
        self.err = err

    def text(self):
        return self.out.decode()

    def messages(self):
        return self.err.decode(errors="replace")

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return (f"kenal {self.arguments} -> {self.code}\n"
                f"stdout: {self.out[:3000]!r}\nstderr: {self.err[:3000]!r}")


def environment(**extra):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith("KENAL_") and k != "NO_COLOR"}
    kept.update(extra)
    return kept


def start(*arguments, **options):
    options.setdefault("env", environment())
    return subprocess.Popen([KENAL, *arguments], **options)


def run(*arguments, stdin=b"", env=None, stdout=subprocess.PIPE, cwd=None,
        prefix=()):
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run([*prefix, KENAL, *arguments], input=stdin,
                          stdout=stdout, stderr=subprocess.PIPE,
                          env=env or environment(), timeout=TIMEOUT_S, cwd=cwd,
                          check=False)
    return Result(arguments, done.returncode, done.stdout or b"", done.stderr)


class Server:
    """A running `kenal serve`, and `run` for asking it."""

    def __init__(self, data, *arguments):
        self.process = start("--data", data, "--json", "serve", *arguments,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ready = self.process.stdout.readline()
        if not ready:
            error = self.process.communicate()[1].decode()
            raise AssertionError("kenal serve did not start: " + error)
        self.ready = json.loads(ready)
        self.address = self.ready["addresses"][0]

    def run(self, *arguments, **options):
        return run("--server", self.address, *arguments, **options)

    def stop(self, with_signal=signal.SIGTERM):
        """Returns (exit code, stderr)."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        err = self.process.communicate(timeout=TIMEOUT_S)[1]
        return self.process.returncode, err


class TestCase(unittest.TestCase):
    """Each test has an empty folder of its own, `self.folder`."""

    def setUp(self):
        # Short: the path of a Unix socket has at most 107 bytes.
        self.folder = tempfile.mkdtemp(prefix="kenal-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = os.path.join(self.folder, "store")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str)
                       else content)
        return path

    def small_disk(self, size):
        """A folder on a disk of its own, or None when that is not permitted."""
        disk = self.path("disk")
        os.mkdir(disk)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk]
        if subprocess.run(mount, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0:
            self.addCleanup(subprocess.run, ["umount", disk], check=False)
            return disk
        return None

    def kenal(self, *arguments, **options):
        return run("--data", self.data, *arguments, **options)

    def serve(self, *arguments):
        server = Server(self.data, *arguments)
        self.addCleanup(server.stop)
        return server

    def ok(self, result):
        self.assertEqual(result.code, 0, result)
        return result

    def fails(self, result, code, *parts):
        """One clear line on stderr that has all of `parts`."""
        self.assertEqual(result.code, code, result)
        lines = result.messages().splitlines()
        self.assertTrue(lines, f"nothing on stderr: {result}")
        for line in lines:
            self.assertTrue(line.startswith("kenal: "), result)
        for part in parts:
            self.assertIn(part, result.messages(), result)
        return result

    def init(self, *lists):
        """An empty store with lists of (name, purpose)."""
        self.ok(self.kenal("init"))
        for name, purpose in lists:
            self.ok(self.kenal("list", "create", name, "--purpose", purpose))

    def import_lines(self, name, *lines):
        file = self.write("list.txt", "\n".join(lines) + "\n")
        return self.ok(self.kenal("--json", "import", "--list", name,
                                  "--format", "pytx", file)).lines()[0]

    def answers(self, result, code=0):
        self.assertEqual(result.code, code, result)
        return result.lines()

    def ask(self, *lines, ask_with=None, code=0):
        """Answers to query lines, from the store or from `ask_with`."""
        target = ask_with.run if ask_with else self.kenal
        result = target("query", "--json", stdin="\n".join(lines) + "\n")
        return self.answers(result, code)


def png(width, height, rows, colour_type=2):
    """A PNG from rows of bytes."""
    def chunk(kind, body):
        return (struct.pack(">I", len(body)) + kind + body +
                struct.pack(">I", zlib.crc32(kind + body)))
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 1)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", data) + chunk(b"IEND", b""))


def picture(seed, side=96, brightness=0):
    """A smooth grey picture unlike that of any other seed, as PNG bytes."""
    source = random.Random(seed)
    waves = [(source.uniform(-9, 9), source.uniform(-9, 9),
              source.uniform(0, 6.3), source.uniform(8, 30))
             for _ in range(10)]
    rows = []
    for y in range(side):
        row = bytearray()
        for x in range(side):
            value = 128 + brightness
            for across, down, phase, height in waves:
                value += height * math.sin(
                    (across * x + down * y) / side * 2 + phase)
            row.append(max(0, min(255, int(value))))
        rows.append(row)
    return png(side, side, rows, colour_type=0)


def flat_picture(level=90, side=64):
    return png(side, side, [bytes([level]) * side] * side, colour_type=0)


def huge_png_header():
    """Says 30,000 x 30,000 and holds almost nothing."""
    return png(30_000, 30_000, [b"\0" * 10])


def random_hex(source, digits=64):
    return "".join(source.choice("0123456789abcdef") for _ in range(digits))


def pdq_hex(source):
    """A hash with half of its bits set, as those of real pictures have."""
    bits = [1] * 128 + [0] * 128
    source.shuffle(bits)
    return f"{int(''.join(map(str, bits)), 2):064x}"


def flip(hex_text, bits):
    """The hash with `bits` of its bits changed, spread over all of it."""
    value = int(hex_text, 16)
    for i in range(bits):
        value ^= 1 << (i * 251 % 256)
    return f"{value:064x}"


def vector_pictures():
    """Every picture of the test vectors, by folder and name."""
    found = []
    for folder in ("gen", "pnm", "upstream"):
        for at, _, names in os.walk(os.path.join(VECTORS, folder)):
            found += [os.path.join(at, name) for name in names]
    return sorted(found)
