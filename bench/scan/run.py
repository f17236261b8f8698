#!/usr/bin/python3
"""The measured table of `kenal scan`, in one command.

Makes stores and a benign evidence set, scans it, and holds what is found
against what is planted and what it costs against the same work alone. Writes
scan.json and scan.md, and leaves nothing else behind. Exit code 1 when
something could not be measured, or planted copies were missed, or something
false was found; any other figure that was missed is said and is no error.
"""

import argparse
import json
import os
import pathlib
import platform
import random
import re
import subprocess
import sys
import tempfile
import time

import rig as rigs
import truth

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


class Table:
    """Rows of: what, asked, measured, whether that was reached."""

    def __init__(self):
        self.rows = []
        self.part = None

    def add(self, what, asked, measured, reached, **details):
        row = {"part": self.part, "commit": commit(), "what": what,
               "asked": asked, "measured": measured, "reached": reached,
               "load_average": os.getloadavg()[0],
               **details}
        self.rows.append(row)
        print(f"{what}: {measured} (asked: {asked or 'nothing'}): "
              f"{said(reached)}", file=sys.stderr, flush=True)


def said(reached):
    return {True: "reached", False: "MISSED", None: "-"}[reached]


def rates(files, size_bytes, seconds):
    return (f"{files / seconds:,.0f} files/s, "
            f"{size_bytes / seconds * 3600 / 1e9:,.1f} GB/h")


class Bench:
    def __init__(self, options, rig):
        self.options = options
        self.rig = rig
        self.table = Table()
        kept = pathlib.Path(options.keep or rig.folder)
        self.evidence = kept / "evidence"
        self.truth = kept / "truth"
        self.set = {}
        self.stores = {}
        self.random = random.Random(options.seed)

    def prepare(self):
        words = ["--files", self.options.files,
                 "--exhibits", self.options.exhibits,
                 "--distinct", self.options.distinct,
                 "--quality", self.options.quality,
                 "--seed", self.options.seed]
        if self.options.photographs:
            words += ["--photographs", self.options.photographs]
        begin = time.monotonic()
        made = self.evidence.parent / "set.json"
        if made.exists():
            kept = json.loads(made.read_text())
            if kept["words"] != [str(word) for word in words]:
                raise RuntimeError(f"{made}: is another set; remove its folder")
            self.set = kept["set"]
        else:
            self.set = self.rig.json_of("kenal-evidence", "set", self.evidence,
                                        self.truth, *words)
            made.write_text(json.dumps(
                {"words": [str(word) for word in words], "set": self.set}))
        self.stores["known"] = self.rig.store_of(
            "known", self.truth / "originals")
        self.rig.program("kenal", "--data", self.stores["known"], "-q",
                         "ingest", "--list", "known", self.truth / "lone")
        print(f"{self.set['files']:,} files, "
              f"{self.set['bytes'] / 1e9:.1f} GB, made in "
              f"{time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)

    def some(self, files):
        """Whole exhibits with about so many files: which are alike, since
        what lies where is drawn."""
        names = sorted(os.listdir(self.evidence))
        count = max(1, len(names) * files // self.options.files)
        step = max(1, len(names) // count)
        return [self.evidence / name for name in names[::step][:count]]

    def ceiling(self):
        rigs.drop_caches()
        alone = self.rig.json_of("scan_ceiling", "hash",
                                 *self.some(self.options.ceiling_files))
        alone["rate"] = alone["files"] / alone["seconds"]
        return alone

    def whole(self):
        """The complete run, between two runs of the same work alone."""
        ceilings = [self.ceiling()]
        cold = rigs.drop_caches()
        scan = self.rig.scan(self.stores["known"], "out", "--each-in",
                             self.evidence).finish()
        ceilings.append(self.ceiling())
        files, size_bytes = truth.files_on_disk(self.evidence)
        best = max(ceilings, key=lambda one: one["rate"])
        share = files / scan.seconds / best["rate"]
        self.table.add(
            f"{files:,} files over {self.options.exhibits} exhibits, with all "
            "reports", "stated",
            f"{rates(files, size_bytes, scan.seconds)}: {scan.seconds:,.0f} s, "
            f"of which {scan.seconds - scan.done['seconds']:,.0f} s reports",
            None, done=scan.done, wall_seconds=scan.seconds, cold=cold,
            command=scan.command)
        self.table.add(
            "the same against decode + hash alone", "≥ 85 %",
            f"{share:.0%} of "
            f"{rates(best['files'], best['bytes'], best['seconds'])} alone, "
            f"over {best['files']:,} of these files, the better of before and "
            "after", share >= 0.85, ceilings=ceilings)
        self.compare(scan, files)
        self.table.add(
            "memory of a scan", "≤ 1.5 GB beside the index",
            f"{scan.memory.own_bytes / 1e9:.2f} GB, with its workers "
            f"{scan.memory.all_bytes / 1e9:.2f} GB",
            scan.memory.own_bytes <= 1.5e9)
        self.time_left(scan)
        self.rig.remove("out")

    def compare(self, scan, files):
        found = truth.Comparison(self.truth / "truth.jsonl", scan.report)
        reached = found.holds() and found.files == files
        self.table.add(
            "planted matches", "all found, no false ones",
            f"{found}; {found.files:,} of {files:,} files told of", reached,
            coverage={kind: dict(ways)
                      for kind, ways in sorted(found.coverage.items())},
            missed=[repr(one) for one in found.missed[:20]],
            false=[repr(one) for one in found.false[:20]])
        verified = self.rig.json_of("kenal", "--json", "scan", "verify",
                                    scan.out)
        self.table.add("its custody log and reports", "whole",
                       verified["state"], verified["state"] == "whole")

    def time_left(self, scan):
        """How wrong the time left was, from the first tenth on."""
        end = scan.done["seconds"]
        wrong = [abs(event["seconds"] + event["seconds_left"] - end) /
                 (end - event["seconds"])
                 for event in scan.of("progress")
                 if "seconds_left" in event and event["all_found"] and
                 0.1 * end <= event["seconds"] <= 0.9 * end]
        if not wrong:
            return
        wrong.sort()
        self.table.add(
            "time left, from a tenth to nine tenths of the run",
            "within 20 %",
            f"off by {wrong[len(wrong) // 2]:.0%} in the middle of "
            f"{len(wrong)} reports, {wrong[int(len(wrong) * 0.95)]:.0%} at 95 %",
            wrong[int(len(wrong) * 0.95)] <= 0.2)

    def first(self):
        """A tree of its own, in which one file in thirty of the pictures, and
        the one that is known, lies in a likely place; on a cold cache."""
        pictures = self.options.files // 6
        folder = self.rig.folder / "first"
        folder.mkdir()
        words = ["--likely", 0.03, "--known", 1, "--exhibits", 1, "--files",
                 pictures, "--distinct", max(50, self.options.distinct // 6),
                 "--quality", self.options.quality, "--seed",
                 self.options.seed]
        if self.options.photographs:
            words += ["--photographs", self.options.photographs]
        self.rig.program("kenal-evidence", "set", folder / "drive",
                         self.rig.folder / "first-truth", *words)
        self.rig.program("kenal-evidence", "tree", folder / "texts",
                         "--files", self.options.files - pictures)
        store = self.rig.store_of("lone",
                                  self.rig.folder / "first-truth" / "lone")
        seconds = []
        for run in range(3):
            cold = rigs.drop_caches()
            scan = self.rig.scan(store, f"first-{run}", "--stop-at", 1,
                                 folder).finish()
            seconds.append(scan.of("hit")[0]["wall_s"])
            self.rig.remove(f"first-{run}")
        self.table.add(
            f"first hit in a tree of {self.options.files:,} files, "
            f"{pictures:,} of them no texts, one in a likely place planted",
            "≤ 10 s", ", ".join(f"{one:.1f} s" for one in sorted(seconds)) +
            ("; cold cache" if cold else "; page cache as it was"),
            max(seconds) <= 10)
        self.rig.remove("first")

    def kills(self):
        """Some exhibits; rounds of kills, each to its end."""
        exhibits = self.some(self.options.kill_files)
        whole = self.rig.scan(self.stores["known"], "unbroken",
                              *exhibits).finish()
        expected = truth.canonical(whole.report)
        decoded = whole.done["pictures_decoded"]
        if decoded != truth.decoded(whole.report):
            raise RuntimeError("the report does not tell what was decoded")
        rounds = []
        for number in range(self.options.kill_rounds):
            one = self.kill_round(number, exhibits, whole.done["seconds"])
            out = self.rig.folder / f"killed-{number}"
            one["same"] = truth.canonical(
                out / "reports" / "report.jsonl") == expected
            one["again"] = one["kept"] + one["last"] - decoded
            rounds.append(one)
            self.rig.remove(out.name)
        self.rig.remove("unbroken")
        rate = decoded / whole.done["seconds"]
        lost = [most for one in rounds for most in one["lost"]]
        self.table.add(
            f"{len(lost)} kills at random moments of runs over "
            f"{whole.done['places']:,} places", "same report every time",
            f"{sum(one['same'] for one in rounds)} of {len(rounds)} runs, of "
            f"{', '.join(str(len(one['lost'])) for one in rounds)} kills",
            all(one["same"] for one in rounds), rounds=rounds,
            unbroken=whole.done)
        self.table.add(
            "work done again after the kills", "nothing that was kept",
            f"{sum(one['again'] for one in rounds)} pictures that the journal "
            "held", not any(one["again"] for one in rounds))
        self.table.add(
            "work lost by a kill, as far as events tell", "≤ 1 s",
            f"{max(lost, default=0) / rate:.2f} s at most ({rate:,.0f} "
            "pictures/s)", max(lost, default=0) <= rate)

    def kill_round(self, number, exhibits, span):
        """lost: by kill, decoded pictures that events told of and that were
        not kept. kept: what was kept at the last kill; last: what the run
        after it decoded."""
        out = self.rig.folder / f"killed-{number}"
        lost = []
        kept = 0
        pause = span / (self.options.kills + 1)
        while True:
            scan = self.rig.scan(self.stores["known"], out.name, *exhibits)
            if len(lost) < self.options.kills:
                try:
                    scan.process.wait(timeout=self.random.uniform(
                        0.02, 2 * pause + 0.5))
                except subprocess.TimeoutExpired:
                    scan.kill()
                    told = scan.of("progress")
                    before = kept
                    kept = self.kept(out)
                    decoded = told[-1]["pictures_decoded"] if told else 0
                    lost.append(max(0, decoded - (kept - before)))
                    continue
            scan.finish()
            return {"lost": lost, "kept": kept,
                    "last": scan.done["pictures_decoded"]}

    def kept(self, out):
        """Decoded pictures that the journal of a killed run holds."""
        if not out.exists():
            return 0
        again = self.rig.folder / "so-far"
        try:
            self.rig.program("kenal", "-q", "scan", "report", out, "--to",
                             again, "--reports", "jsonl")
            return truth.decoded(again / "report.jsonl")
        except RuntimeError:
            return 0  # killed before there was anything
        finally:
            self.rig.remove("so-far")

    def tree(self):
        files = self.options.tree_files
        self.rig.program("kenal-evidence", "tree", self.rig.folder / "tree",
                         "--files", files)
        scan = self.rig.scan(self.stores["known"], "out-tree",
                             self.rig.folder / "tree").finish()
        rate = files / scan.done["seconds"]
        self.table.add(
            f"{files:,} files that are no pictures", "≥ 20,000 files/s",
            f"{rate:,.0f} files/s; with all reports "
            f"{files / scan.seconds:,.0f} files/s, memory "
            f"{scan.memory.own_bytes / 1e9:.2f} GB", rate >= 20_000,
            done=scan.done, wall_seconds=scan.seconds)
        self.rig.remove("out-tree")
        self.rig.remove("tree")

    def digest(self):
        """Digests alone, of files that are in the page cache."""
        folders = self.some(self.options.digest_files)
        self.rig.json_of("scan_ceiling", "digest", *folders)
        shares = []
        for _ in range(3):
            speeds = [openssl_speed(name) for name in ("md5", "sha1", "sha256")]
            together = 1 / sum(1 / speed for speed in speeds)
            best = min(self.rig.json_of("scan_ceiling", "digest", *folders)
                       ["seconds"] for _ in range(5))
            size_bytes = self.rig.json_of("scan_ceiling", "digest",
                                          *folders)["bytes"]
            shares.append((size_bytes / best / together, size_bytes / best,
                           together))
        shares.sort()
        share, rate, together = shares[1]
        self.table.add(
            "digests alone, from the page cache, all cores",
            "≥ 90 % of openssl speed",
            f"{share:.0%}: {rate / 1e6:,.0f} of {together / 1e6:,.0f} MB/s "
            f"(the middle of three; {shares[0][0]:.0%} to {shares[2][0]:.0%})",
            share >= 0.9)


def openssl_speed(name):
    """Bytes a second, all cores, blocks of 16 KiB."""
    done = subprocess.run(
        ["openssl", "speed", "-multi", str(os.cpu_count()), "-seconds", "2",
         "-bytes", "16384", "-evp", name], capture_output=True, text=True,
        check=True)
    rate = re.findall(r"([0-9.]+)k\s*$", done.stdout.strip())
    return float(rate[-1]) * 1000


PARTS = ("whole", "first", "kills", "tree", "digest")


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--photographs",
                        help="folder of benign photographs, such as "
                        "bench/robustness/corpus/fetch.sh makes; pictures are "
                        "drawn when it is not given")
    parser.add_argument("--folder", help="where the evidence is made "
                        "(a new folder below TMPDIR); it must be empty")
    parser.add_argument("--keep", help="make the set in this folder and leave "
                        "it, or use the one that is there")
    parser.add_argument("--results")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS,
                        help="the rows of other parts stay as they are")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int)
    parser.add_argument("--exhibits", type=int)
    parser.add_argument("--distinct", type=int)
    parser.add_argument("--quality", type=int, default=60)
    parser.add_argument("--ceiling-files", type=int)
    parser.add_argument("--kill-files", type=int)
    parser.add_argument("--kill-rounds", type=int, default=2)
    parser.add_argument("--kills", type=int, help="a round")
    parser.add_argument("--tree-files", type=int)
    parser.add_argument("--digest-files", type=int)
    options = parser.parse_args(arguments)
    usual = dict(files=360_000, exhibits=300, distinct=6_000,
                 ceiling_files=60_000, kill_files=36_000, kills=10,
                 tree_files=1_000_000, digest_files=30_000)
    quick = dict(files=3_000, exhibits=30, distinct=300,
                 ceiling_files=3_000, kill_files=1_000, kills=3,
                 tree_files=20_000, digest_files=3_000)
    for name, value in (quick if options.quick else usual).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.results is None:
        options.results = (ROOT / "build" / "scan" if options.quick
                           else ROOT / "bench" / "results")
    return options


def host():
    model = re.search(r"model name\s*: (.*)",
                      pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)",
                       pathlib.Path("/proc/meminfo").read_text())
    return {"processor": model.group(1) if model else platform.machine(),
            "cores": os.cpu_count(),
            "memory_gb": round(int(memory.group(1)) / 1e6, 1),
            "system": platform.platform()}


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always",
                           "--dirty"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip()


def kept_rows(about, options, results):
    """Of the parts that were not measured now, on the same machine and set."""
    earlier = results / "scan.json"
    if not earlier.exists():
        return []
    before = json.loads(earlier.read_text())
    if any(before.get(name) != value for name, value in about.items()):
        return []
    return [row for row in before["rows"] if row["part"] not in options.only]


def write(bench, options, results):
    results.mkdir(parents=True, exist_ok=True)
    about = {"host": host(), "set": bench.set,
             "photographs": bool(options.photographs),
             "quick": options.quick}
    rows = kept_rows(about, options, results) + bench.table.rows
    rows.sort(key=lambda row: PARTS.index(row["part"]))
    about["rows"] = rows
    commits = " and ".join(sorted({row["commit"] for row in rows}))
    text = json.dumps(about, indent=1, default=str)
    text = text.replace(str(bench.rig.folder), "RIG").replace(
        str(bench.rig.bin), "BIN").replace(str(bench.evidence), "EVIDENCE")
    (results / "scan.json").write_text(text + "\n")
    machine = about["host"]
    lines = [
        "# Scanning", "",
        f"`bench/scan/run.sh`{' --quick' if options.quick else ''} at "
        f"{commits}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}.", "",
        f"The set: {bench.set['files']:,} files, "
        f"{bench.set['bytes'] / 1e9:.1f} GB, {options.exhibits} exhibits, "
        f"{bench.set['distinct']:,} distinct pictures "
        f"({'cut from photographs and drawn' if options.photographs else 'drawn'}"
        f", JPEG quality {options.quality}), {bench.set['known'] + 1} known "
        "originals; sizes log-normal with a median of 0.5 Mpx; seed "
        f"{options.seed}. `scan.json` holds what each figure comes from.", "",
        "| what | asked | measured | |", "|---|---|---|---|"]
    lines += [f"| {row['what']} | {row['asked']} | {row['measured']} | "
              f"{said(row['reached'])} |" for row in rows]
    lines += [
        "", "Decode + hash alone is `engine::HashFiles` with the same workers "
        "and effort: it decodes equal files as often as they are there, a scan "
        "once. The scan's time is that of the whole command, reports and "
        "custody log included. Page caches are emptied before each of the two, "
        "where the system lets us. Memory is resident memory; what workers "
        "share counts in each."]
    (results / "scan.md").write_text("\n".join(lines) + "\n")


def main():
    options = options_of(sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=options.folder,
                                     prefix="kenal-scan-") as folder:
        bench = Bench(options, rigs.Rig(options.bin, folder))
        bench.prepare()
        failed = False
        for part in PARTS:
            if part not in options.only:
                continue
            bench.table.part = part
            try:
                getattr(bench, part)()
            except (RuntimeError, IndexError, KeyError, OSError) as error:
                failed = True
                bench.table.add(part, "", f"could not be measured: {error!r}",
                                False)
        write(bench, options, pathlib.Path(options.results))
    wrong = any(row["what"] == "planted matches" and not row["reached"]
                for row in bench.table.rows)
    return 1 if failed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
