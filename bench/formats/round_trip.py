#!/usr/bin/env python3
"""Converts an invented Project VIC set from 1.3 to 2.0 and back.

    bench/formats/round_trip.py --bin build/release/bin --records 10000000

It says in JSON whether the set came back whole (by a digest that is blind to
order alone), and of each step how long it took, its peak memory and the size
of what it wrote. Exit 1 when the set did not come back.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time


def step(*command, output=None):
    """Runs a program; what it cost, and its standard output."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        said = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit {process.returncode}")
    cost = {"seconds": round(time.monotonic() - began, 2),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
            "peak_mib": round(usage.ru_maxrss / 1024, 1)}
    if output is not None:
        cost["bytes"] = os.path.getsize(output)
    return cost, said


def round_trip(programs, folder, records, records_a_case, seed):
    """The report, as a dictionary."""
    sets = os.path.join(programs, "vics-sets")
    kenal = os.path.join(programs, "kenal")
    first, other, again = (os.path.join(folder, name) for name in
                           ("1.3.json", "2.0.json", "again.json"))
    steps = {}

    def convert(version, source, target):
        steps[f"to {version}"], said = step(
            kenal, "--json", "convert", "--from", "vics", "--to", "vics",
            "--to-version", version, source, target, output=target)
        return json.loads(said)

    steps["make"], _ = step(sets, "make", str(records), str(records_a_case),
                            str(seed), first, output=first)
    steps["digest"], before = step(sets, "digest", first)
    reports = [convert("2.0", first, other)]
    os.unlink(first)
    reports.append(convert("1.3", other, again))
    os.unlink(other)
    steps["digest again"], after = step(sets, "digest", again)
    os.unlink(again)
    return {"records": records, "records_a_case": records_a_case, "seed": seed,
            "load_average": os.getloadavg()[0],
            "before": before.split(), "after": after.split(),
            "same": before == after and all(
                report["written"] == records and report["refused"] == 0 and
                not report["records_left_out"] and
                not report["fields_left_out"] for report in reports),
            "steps": steps}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help="where the programs are")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--records-a-case", type=int, default=0,
                        help="cases instead of a hash set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="of the files; three times their size")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report = round_trip(options.bin, folder, options.records,
                            options.records_a_case, options.seed)
    print(json.dumps(report, indent=1))
    return 0 if report["same"] else 1


if __name__ == "__main__":
    sys.exit(main())
