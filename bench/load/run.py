#!/usr/bin/python3
"""The measured table of the service, in one command.

A store of random hashes is made, served over mutual TLS on this machine, and
asked by kenal-load on the same processors. Writes service.json, service.md and
service.png, and leaves nothing else behind. Exit code 1 when something could
not be measured; a figure that was missed is said and is no error.
"""

import argparse
import json
import os
import pathlib
import platform
import shlex
import subprocess
import sys
import tempfile
import time

import hostile
import rig as rigs

FOLDER = pathlib.Path(__file__).resolve().parent
DEAR = ["--variants", "--views", "8", "--effort", "thorough"]
DEAR_RADIUS = 50
PEAK_UNDER_WAY = 6, 24  # at work or waiting
BASE_RATE = 2000
OVERLOAD = 10


def percentile(phase, which="accepted", percent="p99"):
    return phase[which].get(f"{percent}_ms", float("nan"))


def goodput(report):
    return hostile.phase_of(report)["goodput_per_second"]


class Table:
    """Rows of: what, asked, measured, whether that was reached."""

    def __init__(self):
        self.rows = []

    def add(self, what, asked, measured, reached, command="", **details):
        row = {"what": what, "asked": asked, "measured": measured,
               "reached": reached, "load_average": os.getloadavg()[0],
               "command": command, **details}
        self.rows.append(row)
        print(f"{what}: {measured} (asked: {asked or 'nothing'}): "
              f"{said(reached)}", file=sys.stderr, flush=True)


def said(reached):
    return {True: "reached", False: "MISSED", None: "-"}[reached]


def words_of(report, rig):
    """The command of a report, without the folders that mean nothing later."""
    words = shlex.join(["kenal-load", *report["command"][1:]])
    return words.replace(str(rig.folder), "RIG").replace(rig.address, "ADDRESS")


def note(phase):
    return "; the generator fell behind" if phase.get("fell_behind") else ""


def unary(rig, table, options):
    # A server that has just started still meets its memory for the first time.
    first = hostile.phase_of(rig.load("--rate", 2000, "--seconds",
                                      options.seconds))
    table.add(f"the first {options.seconds} s of the server, at 2,000/s", "",
              f"p50 {percentile(first, percent='p50'):.2f}, p99 "
              f"{percentile(first):.2f} ms" + note(first), None, "")
    for rate, limit in ((2000, 2.0), (8000, 10.0)):
        csv = rig.folder / f"unary-{rate}.csv"
        report = rig.load("--rate", rate, "--seconds", options.seconds,
                          "--csv", csv)
        phase = hostile.phase_of(report)
        answered = phase["goodput_per_second"] >= 0.99 * rate
        table.add(
            f"hash-only unary, {rate:,}/s", f"p99 ≤ {limit:g} ms",
            f"{phase['goodput_per_second']:,.0f}/s, p50 "
            f"{percentile(phase, percent='p50'):.2f}, p99 "
            f"{percentile(phase):.2f}, p99.9 "
            f"{percentile(phase, percent='p99.9'):.2f} ms" + note(phase),
            answered and percentile(phase) <= limit, words_of(report, rig),
            report=report)
    report = rig.load("--find-peak", "--rate", 4000, "--seconds",
                      min(4, options.seconds))
    table.add("hash-only unary, most with p99 ≤ 10 ms", "≥ 8,000/s",
              f"{report.get('peak_per_second', 0):,.0f}/s",
              report.get("peak_per_second", 0) >= 8000,
              words_of(report, rig), report=report)


def bulk_rates(rig, table, options):
    for name, words in (
            ("batches of 256", ["--mix", "batch", "--closed-loop", 8]),
            ("streams", ["--mix", "stream", "--closed-loop", 512])):
        report = rig.load(*words, "--seconds", options.seconds)
        phase = hostile.phase_of(report)
        rate = phase["items_per_second"]
        table.add(name, "≥ 20,000 hashes/s", f"{rate:,.0f} hashes/s",
                  rate >= 20_000, words_of(report, rig), report=report)


def overload(rig, table, options):
    """With requests so dear that ten times what the server can answer costs
    the generator, which has the same processors, little."""
    rig.set_review_radius(DEAR_RADIUS)
    try:
        overload_dear(rig, table, options)
    finally:
        rig.set_review_radius("none")


def overload_dear(rig, table, options):
    found = max((rig.load("--closed-loop", under_way, "--seconds",
                          min(10, options.seconds), *DEAR)
                 for under_way in PEAK_UNDER_WAY), key=goodput)
    peak = goodput(found)
    base = peak / 4
    usual = rig.load("--rate", f"{base:.1f}", "--seconds", options.seconds,
                     *DEAR)
    normal = 2 * percentile(hostile.phase_of(usual))
    table.add(f"dear requests (8 views, 8 turns each, review radius "
              f"{DEAR_RADIUS}): peak", "", f"{peak:,.0f}/s", None,
              words_of(found, rig))
    around = 20 if options.seconds >= 10 else options.seconds
    child, report = rig.start_load(
        "--connections", 32, "--back-to-back", "--rates",
        f"{base:.1f}:{around},"
        f"{OVERLOAD * peak:.0f}:{options.overload_seconds},"
        f"{base:.1f}:{around}", "--late-max-ms", 5, "--p99-limit-ms",
        f"{normal:.0f}", "--timeline",
        rig.folder / "overload.csv", *DEAR)
    calm_until = time.monotonic() + 1 + around  # with what warms it up
    before = most = 0.0
    while child.poll() is None:
        now = rig.usage()
        if now is None:
            raise RuntimeError(rig.how_it_ended())
        if time.monotonic() < calm_until:
            before = max(before, now.rss)
        most = max(most, now.rss)
        time.sleep(0.2)
    if child.returncode != 0:
        raise RuntimeError("kenal-load: " + child.stderr.read())
    print(child.stdout.read(), end="", file=sys.stderr, flush=True)
    report = json.loads(report.read_text())
    tell_overload(table, report, peak, before, most, words_of(report, rig))


def tell_overload(table, report, peak, before, most, command):
    calm, flood, after = report["phases"]
    offered = flood["offered_per_second"]
    share = flood["goodput_per_second"] / peak
    slower = percentile(flood) / percentile(calm)
    growth = most / before - 1
    normal = after["normal_after_seconds"]
    name = f"{offered / peak:.1f} × overload"
    table.add(f"{name}: goodput", "≥ 80 % of peak",
              f"{100 * share:.0f} % of {peak:,.0f}/s; offered {offered:,.0f}/s"
              + note(flood), share >= 0.8, command, report=report)
    table.add(f"{name}: accepted p99", "≤ 5 × unloaded",
              f"{percentile(flood):.1f} ms, × {slower:.1f} of "
              f"{percentile(calm):.2f} ms (from sending: "
              f"{percentile(flood, 'accepted_from_sending'):.1f} ms)",
              slower <= 5, command)
    refused = percentile(flood, "refused")
    table.add(f"{name}: refused p99", "≤ 50 ms",
              f"{refused:.1f} ms of {flood['refused']['count']:,}",
              refused <= 50, command)
    table.add(f"{name}: memory", "+10 % at most",
              f"{before:.0f} to {most:.0f} MiB, {100 * growth:+.1f} %",
              growth <= 0.1, command)
    table.add(f"{name}: p99 at most twice the usual again", "within 2 s",
              f"{normal:.1f} s" if normal >= 0 else "not within the phase",
              0 <= normal <= 2, command)


def freshness(rig, table, options):
    report = rig.load("--rate", BASE_RATE, "--seconds", options.seconds,
                      "--freshness-list", "fresh", "--freshness-tls",
                      rig.certs / "keeper")
    found = report["freshness"]
    added, silent = (percentile(found, which) for which in
                     ("added_to_matched", "withdrawn_to_silent"))
    table.add("added to matched, withdrawn to silent, at 2,000/s",
              "≤ 100 ms at p99",
              f"p99 {added:.1f} and {silent:.1f} ms in {found['rounds']} rounds"
              f", {found['stale_answers']} stale, {found['failed']} failed",
              added <= 100 and silent <= 100 and not found["failed"],
              words_of(report, rig), report=report)


def beside_bulk(rig, table, options):
    before = hostile.live(rig, options.seconds)
    rigs.run([rig.kenal, *rig.remote(), "-q", "list", "create", "imported",
              "--purpose", "test"])
    source = rig.hash_file(options.import_entries, seed=2)
    importing = rig.start(rig.import_words("imported", source, rig.remote()))
    scan, _ = rig.start_load("--mix", "batch", "--work-class", "bulk",
                             "--closed-loop", 4, "--seconds", 600,
                             client="bulk")
    time.sleep(1.5)
    during = hostile.live(rig, options.seconds)
    running = importing.poll() is None and scan.poll() is None
    rigs.end(scan)
    code = importing.wait()
    if code != 0:
        raise RuntimeError("kenal import: " + importing.stderr.read())
    ratio = hostile.ratio(during, before)
    table.add(
        f"live p99 beside an import of {options.import_entries:,} and a scan",
        "≤ 2 ×", f"{percentile(before):.2f} to {percentile(during):.2f} ms, "
        f"× {ratio:.2f}" + note(during) +
        ("" if running else "; the import ended before the measurement did"),
        ratio <= 2, before=before, during=during)


def hostile_clients(rig, table, options):
    results = hostile.measure(rig, options.clients, options.resets,
                              options.seconds)
    for result in results:
        health = result["health"]
        ratio = result["p99_ratio"] or float("inf")
        table.add(
            result["attack"], "SERVING, live p99 ≤ 2 ×",
            f"{health['serving']} of {health['checks']} checks SERVING, p99 "
            f"{percentile(result['before']):.2f} to "
            f"{percentile(result['during']):.2f} ms, × {ratio:.2f}; RSS "
            f"{result['usage']['before']['rss']:.0f} to "
            f"{result['usage']['after']['rss']:.0f} MiB",
            result["stayed_serving"] and ratio <= 2,
            load_average=result["load_average"], result=result)


def memory(rig, table, entries):
    peak = rig.usage().peak
    whole = entries >= 10_000_000
    table.add(f"peak memory of the server, {entries:,} entries and all above",
              "≤ 8 GB" if whole else "", f"{peak:.0f} MiB",
              peak * 2 ** 20 <= 8e9 if whole else None)


def output_of(*words):
    done = subprocess.run(words, check=False, capture_output=True, text=True,
                          cwd=FOLDER)
    return done.stdout.strip()


def host():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.partition(":")[2].strip() for line in file
                 if line.startswith("model name")]
    with open("/proc/meminfo", encoding="ascii") as file:
        memory_kib = int(file.readline().split()[1])
    return {"processor": names[0] if names else platform.machine(),
            "processors": os.cpu_count(),
            "memory_gib": round(memory_kib / 2 ** 20, 1),
            "kernel": platform.release()}


def markdown(told):
    where = told["host"]
    lines = [
        "# The service under load", "",
        f"{where['processors']} × {where['processor']}, "
        f"{where['memory_gib']} GiB, Linux {where['kernel']}; server and "
        "clients on the same processors, mutual TLS, "
        f"{told['entries']:,} entries of random hashes.", "",
        f"Commit {told['commit']}, {told['time']}: `{told['command']}`", "",
        "Latencies count from when a call was due (open loop). \"load\" is the "
        "load average of the machine after the figure was taken, its own "
        "clients included.", "",
        "| what | asked | measured | | load |", "|---|---|---|---|---:|"]
    for row in told["rows"]:
        lines.append(f"| {row['what']} | {row['asked']} | {row['measured']} | "
                     f"{said(row['reached'])} | {row['load_average']:.1f} |")
    missed = [row["what"] for row in told["rows"] if row["reached"] is False]
    lines += ["", "Missed: " + ("; ".join(missed) if missed else "nothing") +
              ".", "", "![Latency and overload](service.png)", ""]
    commands = dict.fromkeys(row["command"] for row in told["rows"]
                             if row["command"])
    lines += ["The commands of kenal-load, in the folder RIG of the run:", "", "```",
              *commands, "```", ""]
    return "\n".join(lines)


def plot(rig, out):
    files = [rig.folder / name for name in
             ("unary-2000.csv", "unary-8000.csv", "overload.csv")]
    if not all(file.exists() for file in files):
        return
    rigs.run(["gnuplot", "-c", FOLDER / "service.gp", *files, out])


STEPS = (unary, bulk_rates, overload, freshness, hostile_clients, beside_bulk)


def measure(rig, table, options):
    failed = []
    for step in STEPS:
        if options.only and step.__name__ not in options.only:
            continue
        try:
            step(rig, table, options)
        except (RuntimeError, KeyError, subprocess.SubprocessError) as error:
            failed.append(step.__name__)
            table.add(step.__name__, "", f"not measured: {error}"[:300]
                      .replace("\n", " "), None)
            if not rig.alive():
                table.add("the server", "runs",
                          rig.how_it_ended().replace("\n", " "), False)
                break
    if rig.alive():
        memory(rig, table, options.entries)
        code = rig.stop()
        table.add("end on SIGTERM", "exit code 0", f"exit code {code}",
                  code == 0)
    return failed


def parse():
    parser = argparse.ArgumentParser(
        prog="bench/load/run.sh", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    rigs.add_options(parser)
    parser.add_argument("--quick", action="store_true",
                        help="short phases: does it run, not how fast it is")
    names = [step.__name__ for step in STEPS]
    parser.add_argument("--only", action="append", metavar="STEP",
                        choices=names, help=f"{', '.join(names)}; repeatable")
    parser.add_argument("--out", type=pathlib.Path,
                        help="folder of the results (bench/results; of --quick "
                        "and --only build/load)")
    options = parser.parse_args()
    rigs.check_options(parser, options)
    quick = options.quick
    if options.out is None:
        options.out = FOLDER.parents[1] / "build/load" if (
            quick or options.only) else FOLDER.parent / "results"
    options.seconds = 3 if quick else 15
    options.overload_seconds = 6 if quick else 60
    options.import_entries = 200_000 if quick else 1_000_000
    options.clients, options.resets = 500, 10_000
    return options


def main():
    options = parse()
    # An unwritable folder should be known now, not when all is measured.
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=options.out):
        pass
    table = Table()
    with rigs.Rig(rigs.programs(options)) as rig:
        took = hostile.prepare(rig, options)
        rig.serve()
        if took:
            table.add(f"import of {options.entries:,} into an empty store", "",
                      f"{took:.1f} s, {options.entries / took:,.0f}/s", None)
        failed = measure(rig, table, options)
        plot(rig, options.out / "service.png")
    told = {"host": host(), "entries": options.entries,
            "command": shlex.join(["bench/load/run.sh", *(
                pathlib.Path(word).name for word in sys.argv[1:])]),
            "commit": output_of("git", "describe", "--always", "--dirty"),
            "time": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "rows": table.rows}
    # Folders of the run mean nothing later.
    figures_text = json.dumps(told, indent=1).replace(
        str(rig.folder), "RIG").replace(str(rig.kenal.parent), "BIN")
    (options.out / "service.json").write_text(figures_text + "\n",
                                              encoding="utf-8")
    text = markdown(told)
    (options.out / "service.md").write_text(text, encoding="utf-8")
    print(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(rigs.guarded(main))
