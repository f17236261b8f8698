"""The bundle for machines without a network: packed twice alike, and run where
there is nothing else, no network, no /proc, no library and no package.

Needs Debian's busybox-static, for the /bin/sh of that place, and leave to make
user namespaces; without these there is nothing to test and it says so.
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN_DIR, VECTORS, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "tools" / "bundle.sh"
BUSYBOX = shutil.which("busybox")
ENTER = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


def pack(*arguments):
    return subprocess.run([BUNDLE, "--bin", BIN_DIR, *arguments], check=True,
                          capture_output=True, text=True)


def can_enter():
    return BUSYBOX and subprocess.run(
        [*ENTER, "true"], capture_output=True, check=False).returncode == 0


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Bundle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        cls.tar = cls.root / "a.tar"
        pack("--out", cls.tar)
        cls.bare = cls.root / "bare"
        cls.bare.mkdir()
        subprocess.run(["tar", "-xf", cls.tar, "-C", cls.bare], check=True)
        cls.tree = next(cls.bare.iterdir())

    def test_is_the_same_when_packed_again(self):
        pack("--out", self.root / "b.tar")
        self.assertEqual(digest(self.tar), digest(self.root / "b.tar"))

    def test_names_the_licence_of_every_library(self):
        licences = self.tree / "licences"
        packages = (licences / "PACKAGES").read_text().splitlines()
        self.assertGreater(len(packages), 10)
        for line in packages:
            text = (licences / line.split()[0] / "copyright").read_text(
                errors="replace")
            self.assertGreater(len(text), 100, line)

    @unittest.skipUnless(can_enter(),
                         "needs busybox-static and user namespaces")
    def test_runs_where_there_is_nothing_else(self):
        bare = self.bare
        for name in ("bin", "dev", "elsewhere", "tmp"):
            (bare / name).mkdir()
        shutil.copy(BUSYBOX, bare / "bin" / "busybox")
        for name in ("sh", "readlink", "sha256sum", "cp", "mkdir"):
            (bare / "bin" / name).symlink_to("busybox")
        (bare / "dev" / "null").touch()
        self.tree.rename(bare / "k")
        (bare / "elsewhere" / "kenal").symlink_to("../k/kenal")
        picture = sorted(pathlib.Path(VECTORS).rglob("*.jpg"))[0]
        shutil.copy(picture, bare / "picture.jpg")
        commands = """
            set -e
            cd /k && sha256sum -c SHA256SUMS >/dev/null && cd /
            /k/kenal version
            /elsewhere/kenal --json hash /picture.jpg
            export KENAL_DATA=/tmp/store
            /k/kenal -q init >/dev/null
            /k/kenal -q list create mine --purpose child-abuse >/dev/null
            /k/kenal -q ingest --list mine /picture.jpg >/dev/null
            cd k && ./kenal --json match -q /picture.jpg
            mkdir /evidence && cp /picture.jpg /evidence
            ./kenal --json -q scan --out /tmp/out --case C --authority A \\
                --examiner E --key /tmp/key.pem /evidence >/tmp/events
            ./kenal --json scan verify /tmp/out
        """
        inside = ('mount --bind /dev/null "$0/dev/null" && '
                  'exec chroot "$0" /bin/sh -c "$1"')
        self.addCleanup((bare / "k").rename, self.tree)
        done = subprocess.run(
            [*ENTER, "sh", "-c", inside, bare, commands], check=False,
            capture_output=True, text=True,
            env={"PATH": "/bin:/usr/bin:/usr/sbin:/sbin"})
        self.assertEqual(done.returncode, 0, done.stderr)
        version, hashed, matched, verified = done.stdout.splitlines()
        self.assertEqual(version, run("version").text().splitlines()[0])
        here = run("--json", "hash", str(picture)).text().splitlines()[0]
        self.assertEqual(hashed,
                         here.replace(str(picture), "/picture.jpg"))
        self.assertIn('"verdict":"EXACT"', matched)
        self.assertIn('"state":"whole"', verified)
        scanned = (bare / "tmp" / "events").read_text().splitlines()[-1]
        self.assertEqual(json.loads(scanned)["hit_places"], 1)
        # What ran is named by its own digest, not by the loader's.
        log = (bare / "tmp" / "out" / "custody.jsonl").read_text()
        self.assertIn(digest(bare / "k" / "programs" / "kenal"),
                      json.loads(log.splitlines()[0])["tool"])


if __name__ == "__main__":
    unittest.main()
