"""`kenal calibrate`: its numbers against `kenal hash --json` and brute force,
and what it says of folders that it cannot measure."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree

import harness

WHOLE = {"stored", "upright", "turned"}
STORED = {"stored", "upright", "trimmed"}
RADIUS_MAX = 63


def views_of(line):
    """(name, view) of each view of a hash line."""
    pdq = line["signals"]["pdq"]
    return [("stored", pdq)] + sorted(pdq.get("views", {}).items())


def makes_near_matches(name, view):
    return view["quality"] > 49 and (name in WHOLE or
                                     not view.get("template_like"))


def queries_of(line):
    """What effort normal compares: (hash, template-like)."""
    views = [(n, v) for n, v in views_of(line) if makes_near_matches(n, v)]
    turned = any(name == "turned" for name, _ in views)
    for name, view in views:
        hashes = [] if name == "turned" else [view["hex"]]
        if name == "turned":
            hashes += [h for n, h in view["dihedral"].items() if n != "orig"]
        elif name in WHOLE and not turned:
            hashes += list(view["dihedral"].values())
        for text in hashes:
            yield int(text, 16), bool(view.get("template_like"))


def rows_of(line):
    for name, view in views_of(line):
        if name in STORED and makes_near_matches(name, view):
            yield int(view["hex"], 16), bool(view.get("template_like"))


def nearest(query, known):
    """The nearest hit of one line on another; None beyond every radius."""
    best = None
    for asked, flat_asked in queries_of(query):
        for row, flat_row in rows_of(known):
            distance = bin(asked ^ row).count("1")
            if distance > RADIUS_MAX or (
                    distance > 31 and (flat_asked or flat_row)):
                continue
            best = distance if best is None else min(best, distance)
    return best


def at_most(hits, count):
    """The one-sided 95 % bound, by halving on the plain binomial sum."""
    if hits == count:
        return 1.0
    def below(share):
        total, term = 0.0, (1 - share) ** count
        for i in range(hits + 1):
            total += term
            term *= (count - i) / (i + 1) * share / (1 - share)
        return total
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) > 0.05 else (low, middle)
    return (low + high) / 2


class Calibrate(harness.TestCase):

    def pictures(self, count=6):
        """Different pictures, near ones, equal ones and flat ones."""
        for i in range(count):
            self.write(f"pics/{i:02}.png", harness.picture(i))
        self.write("pics/near/00-again.png", harness.picture(0, brightness=6))
        self.write("pics/near/01-again.png", harness.picture(1, brightness=9))
        self.write("pics/equal.png", harness.picture(2))
        self.write("pics/flat.png", harness.flat_picture())
        self.write("pics/flat-2.png", harness.flat_picture(120))
        return self.path("pics")

    def calibrate(self, *arguments, **options):
        return harness.run("calibrate", *arguments, **options)

    def json_of(self, *arguments, code=0):
        line, = self.answers(self.calibrate("--json", *arguments), code)
        return line

    def hash_lines(self, folder):
        lines = self.ok(harness.run("hash", "--json", "--dihedral",
                                    folder)).lines()
        return {os.path.relpath(line["path"], folder): line for line in lines}

    def test_counts_are_those_of_brute_force_over_hash_lines(self):
        folder = self.pictures()
        got = self.json_of(folder, "--copies", "0")
        lines = self.hash_lines(folder)
        self.assertEqual((got["files"], got["failed"], got["equal"]),
                         (len(lines), 0, 1))
        del lines["equal.png"]  # after 02.png in the order of names
        flat = [n for n, line in lines.items()
                if line["signals"]["pdq"]["quality"] <= 49]
        self.assertEqual(sorted(flat), ["flat-2.png", "flat.png"])
        self.assertEqual(got["flat"]["found"], len(flat))
        self.assertEqual(got["different"], len(lines))
        kept = {n: line for n, line in lines.items() if n not in flat}
        met = {(a, b): nearest(kept[a], kept[b])
               for a in kept for b in kept if a != b}
        figures = got["false_positives"]
        self.assertEqual(figures["pictures"], len(kept))
        self.assertEqual(figures["comparisons"], len(met))
        for row in figures["by_radius"]:
            found = sum(any(d is not None and d <= row["radius"]
                            for (asked, _), d in met.items() if asked == a)
                        for a in kept)
            self.assertEqual(row["found"], found, row)
            self.assertAlmostEqual(row["share"], found / len(kept))
            self.assertAlmostEqual(row["at_most"], at_most(found, len(kept)))
        self.assertEqual([r["radius"] for r in figures["by_radius"]],
                         list(range(RADIUS_MAX + 1)))
        # The near copies make four pictures meet another.
        self.assertEqual(figures["by_radius"][31]["found"], 4)
        want = {}
        for (a, b), distance in met.items():
            if distance is not None:
                key = tuple(sorted((a, b)))
                want[key] = min(want.get(key, 99), distance)
        self.assertEqual({tuple(sorted((p["a"], p["b"]))): p["distance"]
                          for p in got["pairs"]}, want)

    def test_marked_pairs_are_left_out_of_the_second_count(self):
        folder = self.pictures()
        out = self.path("out")
        self.ok(self.calibrate(folder, "--copies", "0", "--out", out))
        with open(os.path.join(out, "pairs.jsonl"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        kept = [line for line in lines
                if json.loads(line)["b"] == "near/00-again.png"
                and json.loads(line)["a"] == "00.png"]
        self.assertLess(len(kept), len(lines))
        same = self.write("same.jsonl", "\n".join(kept))
        got = self.json_of(folder, "--copies", "0", "--same", same)
        row = got["false_positives"]["by_radius"][31]
        self.assertEqual((row["found"], row["found_different"]), (4, 2))
        self.assertLess(row["at_most_different"], row["at_most"])
        marked = {pair["a"] for pair in got["pairs"] if pair["same"]}
        self.assertEqual(marked, {"00.png"})

    def test_text_has_the_numbers_of_the_json(self):
        folder = self.pictures()
        got = self.json_of(folder, "--copies", "3")
        text = self.ok(self.calibrate(folder, "--copies", "3")).text()
        figures = got["false_positives"]
        for row in figures["by_radius"]:
            said = re.search(rf"^ *{row['radius']}  (?:match|review) +(\d+) of "
                             rf"(\d+), at most ([\d.]+) %", text, re.M)
            if row["radius"] in (0, 10, 20, 31, 40, 50, 60, 63):
                self.assertEqual(int(said[1]), row["found"])
                self.assertEqual(int(said[2]), figures["pictures"])
                self.assertAlmostEqual(float(said[3]), 100 * row["at_most"],
                                       delta=0.1)
        for row in got["robustness"]["alterations"]:
            line, = [line for line in text.splitlines()
                     if f" {row['name']}  " in f"{line} "]
            shares = [100 * row["by_radius"][r]["share"]
                      for r in (31, 40, 50, 60)]
            said = [float(n) for n in re.findall(r"([\d.]+) %", line)]
            # The interval stands after the first share.
            name = [float(n) for n in re.findall(r"([\d.]+) %", row["name"])]
            said = said[len(name):]
            for share, shown in zip(shares, said[:1] + said[3:]):
                self.assertAlmostEqual(share, shown, delta=0.1, msg=line)

    def test_copies_are_found_as_the_alterations_suggest(self):
        got = self.json_of(self.pictures(), "--copies", "4")
        figures = got["robustness"]
        self.assertEqual((figures["pictures"], figures["failed"],
                          figures["interrupted"]), (4, 0, False))
        found = {(row["kind"], row["name"]): row
                 for row in figures["alterations"]}
        for row in found.values():
            self.assertEqual(row["copies"], 4)
            counts = [at["found"] for at in row["by_radius"]]
            self.assertEqual(counts, sorted(counts), row["name"])
        same = found["recompress", "reduced, else unaltered"]
        # PNG pixels go through unchanged, so the copy is the picture.
        self.assertEqual(same["by_radius"][0]["found"], 4)
        for key in (("recompress", "jpeg q90"), ("rotate", "half turn"),
                    ("mirror", "left to right"), ("resize", "to 50 %")):
            self.assertEqual(found[key]["by_radius"][31]["found"], 4, key)
        within = same["by_radius"][31]
        self.assertAlmostEqual(within["low"], 0.025 ** (1 / 4), places=9)
        self.assertEqual(within["high"], 1)

    def test_the_same_run_gives_the_same_numbers(self):
        folder = self.pictures()
        first = self.json_of(folder, "--copies", "3", "--workers", "1")
        again = self.json_of(folder, "--copies", "3", "--workers", "4")
        self.assertEqual(first, again)
        some = self.json_of(folder, "--copies", "0", "--sample", "7")
        self.assertEqual((some["files_found"], some["files"]), (11, 7))

    def test_files_are_written_whole_and_the_plot_is_svg(self):
        folder = self.pictures()
        out, plot = self.path("out"), self.path("plot.svg")
        printed = self.json_of(folder, "--copies", "2", "--out", out,
                               "--plot", plot)
        self.assertEqual(sorted(os.listdir(out)),
                         ["calibration.json", "calibration.svg",
                          "pairs.jsonl"])
        with open(os.path.join(out, "calibration.json"),
                  encoding="utf-8") as file:
            self.assertEqual(json.load(file), printed)
        root = xml.etree.ElementTree.parse(plot).getroot()
        self.assertTrue(root.tag.endswith("svg"))
        words = " ".join(root.itertext())
        for row in printed["robustness"]["alterations"]:
            self.assertIn(row["name"], words)
        self.assertIn("with 95 % confidence", words)

    def test_no_hash_is_shown(self):
        folder = self.pictures()
        out = self.path("out")
        result = self.ok(self.calibrate("--json", folder, "--copies", "2",
                                        "--out", out))
        for name in os.listdir(out):
            with open(os.path.join(out, name), "rb") as file:
                self.assertIsNone(re.search(rb"[0-9a-f]{32}", file.read()))
        self.assertIsNone(re.search(rb"[0-9a-f]{32}", result.out + result.err))

    def test_files_that_are_no_pictures_are_named_and_counted(self):
        folder = self.pictures()
        self.write("pics/notes.txt", "nothing to see")
        self.write("pics/cut.png", harness.picture(9)[:900])
        self.write("pics/huge.png", harness.huge_png_header())
        self.write("pics/empty.jpg", b"")
        got = self.json_of(folder, "--copies", "2", code=1)
        self.assertEqual(got["failed"], 4)
        result = self.calibrate(folder, "--copies", "0")
        self.fails(result, 1, "notes.txt", "cut.png", "huge.png", "empty.jpg")
        self.assertEqual(got["false_positives"]["pictures"], 8)

    def test_a_link_is_skipped_and_named(self):
        folder = self.pictures()
        os.symlink("/etc/hostname", os.path.join(folder, "link.png"))
        got = self.calibrate(folder, "--copies", "0")
        self.assertEqual(got.code, 0, got)  # a link is skipped, not followed
        self.assertIn("link.png", got.messages())

    def test_folders_that_cannot_be_measured_say_why(self):
        empty = self.path("empty")
        os.mkdir(empty)
        self.fails(self.calibrate(empty), 3, "holds 0", "at least 2")
        self.write("one/only.png", harness.picture(1))
        self.fails(self.calibrate(self.path("one")), 3, "holds 1")
        self.write("same/a.png", harness.picture(1))
        self.write("same/b.png", harness.picture(1))
        self.fails(self.calibrate(self.path("same")), 3, "holds 1")
        self.write("flat/a.png", harness.flat_picture())
        self.fails(self.calibrate(self.path("flat")), 3, "holds 0")
        self.write("text/a.txt", "words")
        self.fails(self.calibrate(self.path("text")), 3, "a.txt", "holds 0")
        self.fails(self.calibrate(self.path("missing")), 2, "no such folder")
        only = self.path("one", "only.png")
        self.fails(self.calibrate(only), 2, "is not a folder")

    def test_wrong_options_are_refused_before_the_work(self):
        folder = self.pictures(2)
        for words, part in ((["--plot", "x.png"], ".svg"),
                            (["--effort", "most"], "effort"),
                            (["--sample", "0"], "--sample"),
                            (["--copies", "-1"], "--copies"),
                            (["--same", self.path("none")], "cannot be read")):
            with self.subTest(words):
                self.fails(self.calibrate(folder, *words), 2, part)
        bad = self.write("bad.jsonl", "00.png = 01.png\n")
        self.fails(self.calibrate(folder, "--copies", "0", "--same", bad), 2,
                   "line 1")
        out = self.path("out")
        self.ok(self.calibrate(folder, "--copies", "0", "--out", out))
        pairs = os.path.join(out, "pairs.jsonl")
        self.fails(self.calibrate(folder, "--copies", "0", "--out", out,
                                  "--same", pairs), 2, "overwrite")

    def test_outputs_that_cannot_be_written_leave_nothing_half(self):
        folder = self.pictures(2)
        with open("/dev/full", "wb") as full:
            self.fails(self.calibrate(folder, "--copies", "0", stdout=full), 5,
                       "standard output")
        plot = self.path("nowhere", "plot.svg")
        self.fails(self.calibrate(folder, "--copies", "0", "--plot", plot), 4,
                   "plot.svg", "cannot be written")
        # A limit on file sizes stands for a full disk.
        out = self.path("out")
        result = self.calibrate(folder, "--copies", "1", "--out", out,
                                prefix=("bash", "-c",
                                        "trap '' XFSZ; ulimit -f 64; "
                                        'exec "$0" "$@"'))
        self.fails(result, 4, "cannot be written")
        self.assertEqual(os.listdir(out), [])

    def test_ctrl_c_while_hashing_ends_it_with_nothing(self):
        process, helpers = self.running(lambda seen, now: now)
        code, out, err = self.interrupt(process, helpers)
        # A fast machine may have come as far as the copies.
        if code == 4:
            self.assertIn(b"nothing was measured", err)
            self.assertEqual(out, b"")
        else:
            self.assertEqual(code, 1, err)

    def test_ctrl_c_among_copies_reports_on_those_made(self):
        process, helpers = self.running(
            lambda seen, now: "kenal-decoder" in seen and
            set(now.values()) == {"kenal-calibrate"})
        code, out, err = self.interrupt(process, helpers)
        self.assertEqual(code, 1, err)
        self.assertIn(b"interrupted", err)
        self.assertIn(b"Pictures taken for another", out)

    def running(self, is_there):
        """A run with helper processes as wanted: (process, their ids)."""
        for i in range(24):
            self.write(f"many/{i:02}.png", harness.picture(i))
        process = harness.start("calibrate", self.path("many"), "--copies",
                                "24", "--workers", "1", stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        seen, now = set(), {}
        end = time.monotonic() + harness.TIMEOUT_S
        while not is_there(seen, now):
            self.assertIsNone(process.poll(), "it ended before that")
            self.assertLess(time.monotonic(), end)
            now = self.helpers_of(process.pid)
            seen.update(now.values())
        return process, now

    def interrupt(self, process, helpers):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=harness.TIMEOUT_S)
        for pid in helpers:
            self.assertFalse(os.path.exists(f"/proc/{pid}"), helpers)
        return process.returncode, out, err

    def helpers_of(self, parent):
        """Names of the children of any thread of `parent`, by id."""
        found = {}
        try:
            for thread in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{thread}/children",
                          encoding="ascii") as file:
                    for pid in file.read().split():
                        with open(f"/proc/{pid}/comm",
                                  encoding="ascii") as name:
                            found[int(pid)] = name.read().strip()
        except OSError:
            return {}  # Something ended meanwhile.
        return {pid: name for pid, name in found.items()
                if name.startswith("kenal-")}

    def test_the_helper_is_no_program_for_people(self):
        helper = os.path.join(harness.BIN_DIR, "kenal-calibrate")
        done = subprocess.run([helper], capture_output=True, check=False,
                              stdin=subprocess.DEVNULL,
                              timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"kenal calibrate DIR", done.stderr)

    def test_without_its_helper_it_says_what_to_do(self):
        folder = self.pictures(2)
        os.mkdir(self.path("bin"))
        for name in ("kenal", "kenal-decoder"):
            shutil.copy2(os.path.join(harness.BIN_DIR, name),
                         self.path("bin", name))
        done = subprocess.run([self.path("bin", "kenal"), "calibrate", folder],
                              capture_output=True, check=False,
                              env=harness.environment(),
                              timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"--copies 0", done.stderr)


if __name__ == "__main__":
    unittest.main()
