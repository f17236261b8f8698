"""The bench notices what a scan misses or makes up: an evidence set is made and
scanned, and its report and its truth are then altered."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import rig as rigs
import truth


class Truth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.rig = rigs.Rig(os.environ["KENAL_BIN_DIR"], folder.name)
        cls.evidence = cls.rig.folder / "evidence"
        cls.make(cls.evidence, cls.rig.folder / "truth")
        store = cls.rig.store_of("store", cls.rig.folder / "truth/originals")
        cls.rig.program("kenal", "--data", store, "-q", "ingest", "--list",
                        "known", cls.rig.folder / "truth/lone")
        cls.scan = cls.rig.scan(store, "out", "--each-in",
                                cls.evidence).finish()

    @classmethod
    def make(cls, evidence, told):
        cls.rig.program("kenal-evidence", "set", evidence, told, "--files",
                        400, "--exhibits", 4, "--distinct", 40, "--known", 4,
                        "--median-mpx", 0.05, "--seed", 7)

    def compare(self, told=None, report=None):
        return truth.Comparison(told or self.rig.folder / "truth/truth.jsonl",
                                report or self.scan.report)

    def altered(self, path, keep):
        """The lines of a file that `keep` gives, which may change them."""
        out = self.rig.folder / "altered.jsonl"
        with open(out, "w", encoding="utf-8") as file:
            for line in truth.lines_of(path):
                if keep(line):
                    file.write(json.dumps(line) + "\n")
        return out

    def test_finds_all_that_is_planted_and_nothing_else(self):
        found = self.compare()
        self.assertTrue(found.holds(), f"{found} {found.missed} {found.false}")
        self.assertEqual(found.files, 400)
        self.assertEqual(found.files, truth.files_on_disk(self.evidence)[0])
        # 4 originals, each twice exact, once trailed and six times altered.
        self.assertGreater(found.planted, 4 * 9)

    def test_notices_a_missed_copy_and_a_lost_file(self):
        def keep(line):
            return (line["type"] != "place" or
                    line.get("verdict") not in truth.HITS)
        lost = self.compare(report=self.altered(self.scan.report, keep))
        self.assertEqual(len(lost.missed), lost.planted)
        self.assertGreater(len(lost.unseen), 0)
        self.assertFalse(lost.holds())

    def test_notices_a_wrong_verdict(self):
        def keep(line):
            if line.get("verdict") == "EXACT":
                line["verdict"] = "NEAR"
            return True
        wrong = self.compare(report=self.altered(self.scan.report, keep))
        self.assertEqual({kind for _, kind in wrong.missed}, {"exact"})

    def test_notices_a_false_hit(self):
        def keep(line):
            return line.get("original") != "k001"
        false = self.compare(
            told=self.altered(self.rig.folder / "truth/truth.jsonl", keep))
        self.assertGreater(len(false.false), 8)
        self.assertFalse(false.holds())

    def test_makes_the_same_set_again(self):
        again = self.rig.folder / "again"
        self.make(again, self.rig.folder / "again-truth")
        done = subprocess.run(["diff", "-r", self.evidence, again],
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertEqual(
            (self.rig.folder / "truth/truth.jsonl").read_bytes(),
            (self.rig.folder / "again-truth/truth.jsonl").read_bytes())

    def test_does_not_overwrite(self):
        with self.assertRaises(RuntimeError):
            self.make(self.evidence, self.rig.folder / "third")

    def test_shares_no_file_between_places(self):
        for path in pathlib.Path(self.evidence).rglob("*"):
            if path.is_file():
                self.assertEqual(path.stat().st_nlink, 1)


if __name__ == "__main__":
    unittest.main()
