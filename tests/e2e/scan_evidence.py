"""Benign evidence for scans, and what a scan of it must say."""

import csv
import gzip
import hashlib
import io
import json
import os
import struct
import subprocess
import tarfile
import zipfile

import harness

KNOWN = [harness.picture(seed) for seed in (1, 2, 3)]
UNKNOWN = [harness.picture(seed) for seed in (11, 12)]
FLAT = harness.png(64, 64, [bytes([200] * 64)] * 64, colour_type=0)


def zipped(*members):
    """Of (name, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def tarred(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=0)


def encrypted_zip(name, content):
    """A zip that says that its one member is encrypted."""
    plain = bytearray(zipped((name, content)))
    local = plain.find(b"PK\3\4")
    central = plain.find(b"PK\1\2")
    for at in (local + 6, central + 8):
        flags, = struct.unpack_from("<H", plain, at)
        struct.pack_into("<H", plain, at, flags | 1)
    return bytes(plain)


def walk(root):
    """Paths of a tree, whose access times stay."""
    yield root
    if os.path.islink(root) or not os.path.isdir(root):
        return
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOATIME)
    names = os.listdir(folder)
    os.close(folder)
    for name in sorted(names):
        yield from walk(os.path.join(root, os.fsencode(name)))


def facts(root):
    """Everything of a tree that a scan must leave alone."""
    found = {}
    for path in walk(os.fsencode(root)):
        info = os.lstat(path)
        found[path] = (info.st_mode, info.st_size, info.st_atime_ns,
                       info.st_mtime_ns, info.st_ctime_ns)
    return found


def digests(root):
    found = {}
    for path in walk(os.fsencode(root)):
        if not os.path.islink(path) and os.path.isfile(path):
            fd = os.open(path, os.O_RDONLY | os.O_NOATIME)
            with os.fdopen(fd, "rb") as file:
                found[path] = hashlib.sha256(file.read()).hexdigest()
    return found


class ScanCase(harness.TestCase):
    """A store, a folder for evidence, and `scan`."""

    def setUp(self):
        super().setUp()
        self.evidence = self.path("evidence")
        os.mkdir(self.evidence)
        self.out = self.path("out")

    def store(self):
        """The first two known pictures are on one list, the third on a test
        list."""
        self.init(("abuse", "child-abuse"), ("trial", "test"),
                  ("good", "known-benign"))
        for i, content in enumerate(KNOWN):
            file = self.write(f"known/{i}.png", content)
            self.ok(self.kenal("ingest", "--list", "trial" if i == 2
                               else "abuse", "--source", "test", file))

    def put(self, path, content):
        """`path` is bytes or text, below the evidence."""
        full = os.path.join(os.fsencode(self.evidence), os.fsencode(path))
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content)
        return full

    def command(self, *arguments, out=None):
        return ("--json", "scan", "--out", out or self.out, "--case", "C-1",
                "--authority", "Court", "--examiner", "E. Xample",
                "--key", self.path("key.pem"), *arguments)

    def scan(self, *arguments, code=0, ask_with=None, out=None, **options):
        target = ask_with.run if ask_with else self.kenal
        result = target(*self.command(*arguments, out=out), **options)
        self.assertEqual(result.code, code, result)
        return result

    def report(self, out=None):
        path = os.path.join(out or self.out, "reports", "report.jsonl")
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def canonical(self, out=None):
        """The reports for scripts without what a run says of itself."""
        lines = self.report(out)
        self.assertEqual(lines[0]["type"], "run")
        texts = {}
        for name in ("report.csv", "coverage.csv", "stacks.jsonl"):
            with open(os.path.join(out or self.out, "reports", name),
                      encoding="utf-8") as file:
                texts[name] = file.read()
        return lines[1:], texts

    def places(self, out=None):
        """By (exhibit, path bytes joined)."""
        found = {}
        for line in self.report(out):
            if line["type"] != "place":
                continue
            key = (line["exhibit"], line["path"])
            self.assertNotIn(key, found)
            found[key] = line
        return found

    def coverage(self, out=None):
        return {(line["coverage"], line["reason"]): line["places"]
                for line in self.report(out) if line["type"] == "coverage"
                and "exhibit" not in line}

    def csv_rows(self, out=None):
        path = os.path.join(out or self.out, "reports", "report.csv")
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def strace_is_there():
    try:
        return subprocess.run(["strace", "-o", "/dev/null", "true"],
                              check=False).returncode == 0
    except FileNotFoundError:
        return False
