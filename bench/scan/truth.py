"""What a scan said of an evidence set, held against what is planted in it."""

import base64
import collections
import json
import os

HITS = ("EXACT", "NEAR")


def lines_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def exact(value, exact_base64):
    """The bytes of a name."""
    if exact_base64 is not None:
        return base64.b64decode(exact_base64)
    return value.encode()


def place_of(line):
    """(exhibit, bytes of the path of the file on disk, whether the line is of
    something within that file)."""
    parts = line.get("parts")
    if parts is None:
        return line["exhibit"], exact(line["path"],
                                      line.get("path_base64")), False
    encoded = line.get("parts_base64", [None])
    return line["exhibit"], exact(parts[0], encoded[0]), True


def files_on_disk(evidence):
    count = 0
    size_bytes = 0
    for folder, _, names in os.walk(os.fsencode(evidence)):
        for name in names:
            count += 1
            size_bytes += os.lstat(os.path.join(folder, name)).st_size
    return count, size_bytes


class Comparison:
    """planted: files that hold a copy of a listed picture. missed: those of
    them without the verdict they must have. false: places with a hit that no
    truth explains. unseen: planted, damaged and odd files without a place."""

    def __init__(self, truth, report, exhibits=None):
        told = {}
        for line in lines_of(truth):
            if exhibits is None or line["exhibit"] in exhibits:
                told[place_of(line)[:2]] = line
        self.planted = sum("verdict" in line for line in told.values())
        self.places = 0
        self.files = 0
        self.false = []
        self.coverage = collections.defaultdict(collections.Counter)
        found = collections.defaultdict(set)
        seen = set()
        for line in lines_of(report):
            if line["type"] != "place":
                continue
            self.places += 1
            exhibit, path, within = place_of(line)
            known = told.get((exhibit, path))
            if not within:
                self.files += 1
            if known is not None:
                seen.add((exhibit, path))
                if not within:
                    self.coverage[known["kind"]][
                        f"{line['coverage']}/{line['reason']}"] += 1
            verdict = line.get("verdict")
            if verdict not in HITS:
                continue
            if known is None or "verdict" not in known:
                self.false.append((exhibit, path, verdict))
            else:
                found[(exhibit, path)].add(verdict)
        self.missed = [
            (place, line["kind"]) for place, line in told.items()
            if "verdict" in line and line["verdict"] not in found[place]]
        self.unseen = [place for place in told if place not in seen]

    def holds(self):
        return not (self.missed or self.false or self.unseen)

    def __str__(self):
        return (f"{self.planted - len(self.missed):,} of {self.planted:,} "
                f"planted found, {len(self.false):,} false, "
                f"{len(self.unseen):,} files without a place")


def canonical(report):
    """The report without the one line that may differ between runs."""
    with open(report, "rb") as lines:
        return [line for line in lines if not line.startswith(b'{"type":"run"')]


def decoded(report):
    """How many different pictures a report tells of that were decoded, or
    could not be."""
    return len({line["sha256"] for line in lines_of(report)
                if line["type"] == "place" and
                ("picture" in line or "pdq_failure" in line)})
