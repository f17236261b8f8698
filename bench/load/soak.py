#!/usr/bin/python3
"""Soak: mixed load for a while, and whether memory and descriptors stay flat.

Single hashes, batches and streams at an even rate; connections that come and
go; entries added and withdrawn; a watcher of changes; health checks. Memory
and descriptors of the server are sampled each second, the first fifth of the
time left out, and a slope with its 95 % interval is fitted to each.

Exit code 0: growth beyond the bound is ruled out, or not shown (the table says
which); 1: growth beyond the bound is shown, descriptors stayed open after the
load, an acknowledged change was not in an answer, or the server did not stay
SERVING.
"""

import argparse
import json
import os
import sys
import time

import figures
import hostile
import rig as rigs

DESCRIPTORS_LEFT_MAX = 8


def arguments():
    parser = argparse.ArgumentParser(
        prog="tools/soak.sh", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", nargs="?", type=float, default=30,
                        help="of load (30)")
    rigs.add_options(parser)
    parser.set_defaults(entries=100_000)
    parser.add_argument("--rate", type=float, default=500,
                        help="calls a second (500)")
    parser.add_argument("--mib-a-minute", type=float, default=1.0,
                        help="growth of memory that is too much (1)")
    parser.add_argument("--descriptors-a-minute", type=float, default=0.5,
                        help="growth of descriptors that is too much (0.5)")
    options = parser.parse_args()
    rigs.check_options(parser, options)
    if options.minutes <= 0:
        parser.error("MINUTES must be above 0")
    if options.rate <= 0:
        parser.error("--rate must be above 0")
    return options


class Load:
    """All that is put on the server."""

    def __init__(self, rig, options):
        seconds = 60 * options.minutes
        self.rig = rig
        # It may fall behind on a busy machine; only that it goes on counts.
        self.main, self.report = rig.start_load(
            "--rate", options.rate, "--mix", "unary=80,batch=1,stream=19",
            "--batch-items", 64, "--seconds", seconds, "--freshness-list",
            "fresh", "--freshness-rate", 2, "--freshness-tls",
            rig.certs / "keeper")
        self.watcher = rig.start(
            [rig.kenal, *rig.remote(), "-q", "watch"], output=rigs.DEVNULL)
        self.health = hostile.start_clients(rig, "health", rig.http_address,
                                            "uploads", 0)
        self.visitor = None
        self.visits = 0

    def turn(self):
        """Lets the next connections come when the last have gone."""
        if self.visitor is not None and self.visitor.poll() is None:
            return
        if self.visitor is not None:
            self.visitor.communicate()
            self.rig.children.remove(self.visitor)
            self.visits += 1
        self.visitor, _ = self.rig.start_load(
            "--connections", 8, "--rate", 50, "--seconds", 2, "--warmup", 0,
            client="bulk")

    def running(self):
        return self.main.poll() is None

    def end(self):
        """What kenal-load measured, and what health said."""
        if self.main.wait() != 0:
            raise RuntimeError("kenal-load: " + self.main.stderr.read())
        watched = self.watcher.poll() is None
        for child in (self.visitor, self.watcher):
            rigs.end(child)
        report = json.loads(self.report.read_text())
        return report, hostile.told_by(self.health), watched


def sample(rig, load):
    """Times in minutes, and what the server used then."""
    times, used = [], []
    started = time.monotonic()
    while load.running():
        load.turn()
        now = rig.usage()
        if now is None or not rig.alive():
            raise RuntimeError(rig.how_it_ended())
        times.append((time.monotonic() - started) / 60)
        used.append(now)
        time.sleep(1)
    return times, used


def judge(name, unit, times, values, bound):
    first = len(times) // 5
    times, values = times[first:], values[first:]
    if len(times) < 6:
        return f"{name:12} too few samples: not shown", True
    found = figures.slope(times, values)
    if found.exceeds(bound):
        verdict = "TOO MUCH"
    elif found.stays_within(bound):
        verdict = "flat"
    else:
        verdict = "not shown"
    return (f"{name:12} {values[0]:9.1f} {min(values):9.1f} {max(values):9.1f} "
            f"{values[-1]:9.1f} {unit:4} {found.value:+9.3f} "
            f"[{found.low:+.3f}, {found.high:+.3f}] {bound:8g}  {verdict}",
            not found.exceeds(bound))


def tell(rig, options, before, times, used, ended):
    report, health, watched = ended
    after = hostile.settle(rig, before)
    phase = hostile.phase_of(report)
    fresh = report["freshness"]
    rows = [judge("memory", "MiB", times, [u.rss for u in used],
                  options.mib_a_minute),
            judge("descriptors", "", times, [float(u.descriptors)
                                             for u in used],
                  options.descriptors_a_minute),
            judge("threads", "", times, [float(u.threads) for u in used],
                  options.descriptors_a_minute)]
    left = after.descriptors - before.descriptors
    serving = health["serving"] == health["checks"] and health["checks"] > 0
    print(f"{options.minutes:g} minutes, {len(times)} samples, load average "
          f"{os.getloadavg()[0]:.1f}")
    print(f"{'':12} {'first':>9} {'least':>9} {'most':>9} {'last':>9}      "
          f"{'a minute':>9} [95 % interval]  allowed")
    for text, _ in rows:
        print(text)
    codes = ", ".join(f"{code} {count}" for code, count in
                      phase["by_code"].items())
    print(f"answers: {codes}; p99 {phase['accepted'].get('p99_ms', 0):.2f} ms")
    print(f"added and withdrawn: {fresh['rounds']} rounds, "
          f"{fresh['stale_answers']} stale, {fresh['failed']} failed")
    print(f"health: {health['serving']} of {health['checks']} SERVING; over "
          f"HTTP {health['http_ready']} of {health['http_checks']} ready")
    print(f"descriptors left over after the load: {left} "
          f"(at most {DESCRIPTORS_LEFT_MAX})")
    if not watched:
        print("the watcher ended before the load did")
    return (all(good for _, good in rows) and serving and watched and
            left <= DESCRIPTORS_LEFT_MAX and not fresh["stale_answers"])


def main():
    options = arguments()
    with rigs.Rig(rigs.programs(options)) as rig:
        hostile.prepare(rig, options)
        rig.serve()
        # One connection of each kind has been there before it counts.
        rig.load("--rate", 100, "--seconds", 1)
        before = hostile.settle(rig, rig.usage())
        load = Load(rig, options)
        times, used = sample(rig, load)
        good = tell(rig, options, before, times, used, load.end())
        code = rig.stop()
        print(f"end on SIGTERM: exit code {code}")
        print("flat, as far as this shows" if good and code == 0 else "FAILED")
    return 0 if good and code == 0 else 1


if __name__ == "__main__":
    sys.exit(rigs.guarded(main))
