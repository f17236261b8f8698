#!/usr/bin/python3
"""What clients that mean no good do to a server, over mutual TLS.

500 idle, 500 slow-reading and 500 half-open clients on the gRPC listener, on
the HTTP listener and on both, and 10,000 rapid resets. Before and during each,
kenal-load asks 2,000 times a second; health is checked every 200 ms. Exit code
1 when the server did not stay SERVING, or ended.
"""

import argparse
import json
import os
import pathlib
import select
import sys
import time

import rig as rigs

KINDS = ("idle", "slow", "half-open")
CLIENTS = pathlib.Path(__file__).with_name("hostile_clients.py")
PYTHON = "/usr/bin/python3"  # which sees Debian's packages
RATE = 2000
RATIO_MAX = 2.0


def phase_of(report):
    return report["phases"][-1]


def start_clients(rig, kind, listener, client, count):
    """`listener` is grpc or http, for health the address of HTTP."""
    address = rig.http_address if listener == "http" else rig.address
    return rig.start([PYTHON, CLIENTS, kind, listener, address,
                      rig.certs / client, count])


def wait_for(child, what, seconds=90):
    """Until it says that all are there; False when they never were."""
    ready = select.select([child.stdout], [], [], seconds)[0]
    if ready and child.stdout.readline():
        return True
    if child.poll() is not None:
        raise RuntimeError(f"{what}: {child.stderr.read()}")
    return False


def told_by(child):
    lines = [line for line in rigs.end(child).splitlines()
             if line.startswith("{")]
    if not lines:
        raise RuntimeError(f"a hostile client ended: {child.stderr}")
    return json.loads(lines[-1])


def live(rig, seconds):
    return phase_of(rig.load("--rate", RATE, "--seconds", seconds))


def attack(rig, name, wanted, seconds):
    """`wanted`: (kind, listener, count) of each crowd."""
    before = live(rig, seconds)
    usage_before = rig.usage()
    health = start_clients(rig, "health", rig.http_address, "uploads", 0)
    wait_for(health, "health")
    crowds = []
    for kind, listener, count in wanted:
        child = start_clients(rig, kind, listener, "bulk", count)
        crowds.append((f"{kind} {listener}", child))
    all_there = all([wait_for(child, what) for what, child in crowds])
    during = live(rig, seconds)
    usage_during = rig.usage()
    told = {what: told_by(child) for what, child in crowds}
    answers = told_by(health)
    settled = settle(rig, usage_before)
    result = {
        "attack": name, "all_there": all_there, "before": before,
        "during": during, "clients": told, "health": answers,
        "stayed_serving": rig.alive() and
        answers["serving"] == answers["checks"] and answers["checks"] > 0,
        "p99_ratio": ratio(during, before),
        "usage": {"before": vars(usage_before), "during": vars(usage_during),
                  "after": vars(settled)},
        "load_average": os.getloadavg()[0]}
    print(row(result), file=sys.stderr, flush=True)
    return result


def ratio(during, before):
    if not before["accepted"]["count"] or not during["accepted"]["count"]:
        return None
    return during["accepted"]["p99_ms"] / before["accepted"]["p99_ms"]


def settle(rig, before):
    """Until descriptors are what they were, half a minute at most."""
    until = time.monotonic() + 30
    while True:
        now = rig.usage()
        if now is None:
            raise RuntimeError(rig.how_it_ended())
        if now.descriptors <= before.descriptors + 8 or time.monotonic() > until:
            return now
        time.sleep(0.5)


def measure(rig, count=500, reset_count=10_000, seconds=10):
    crowd = {listener: [(kind, listener, count) for kind in KINDS]
             for listener in ("grpc", "http")}
    return [
        attack(rig, "crowd on gRPC", crowd["grpc"], seconds),
        attack(rig, "crowd on HTTP", crowd["http"], seconds),
        attack(rig, "crowds on both", crowd["grpc"] + crowd["http"], seconds),
        attack(rig, f"{reset_count:,} rapid resets",
               [("resets", "grpc", reset_count)], seconds),
        attack(rig, "rapid resets without end",
               [("endless-resets", "grpc", 0)], seconds),
    ]


HEAD = (f"{'attack':16} {'SERVING':>9} {'worst':>7} {'ready':>8} {'p99':>7} "
        f"{'p99':>7} {'ratio':>6} {'RSS MiB':>17} {'descriptors':>15} "
        f"{'load':>5}\n"
        f"{'':16} {'':>9} {'ms':>7} {'HTTP':>8} {'before':>7} {'during':>7} "
        f"{'':>6} {'before/dur./after':>17} {'b./d./after':>15}")


def row(result):
    health, usage = result["health"], result["usage"]
    rss = "/".join(f"{usage[w]['rss']:.0f}" for w in ("before", "during",
                                                      "after"))
    files = "/".join(str(usage[w]["descriptors"]) for w in ("before", "during",
                                                            "after"))
    before, during = (result[w]["accepted"].get("p99_ms", float("nan"))
                      for w in ("before", "during"))
    return (f"{result['attack']:16} "
            f"{health['serving']:4}/{health['checks']:<4} "
            f"{health['worst_ms']:7.1f} "
            f"{health['http_ready']:4}/{health['http_checks']:<3} "
            f"{before:7.2f} {during:7.2f} {result['p99_ratio'] or 0:6.2f} "
            f"{rss:>17} {files:>15} {result['load_average']:5.1f}"
            f"{'' if result['all_there'] else '  not all clients came in'}")


def text_of(results):
    lines = [HEAD] + [row(result) for result in results]
    for result in results:
        for what, told in result["clients"].items():
            counts = ", ".join(f"{name.replace('_', ' ')} {value:.0f}"
                               for name, value in told.items()
                               if isinstance(value, (int, float)))
            why = told.get("first_refusal")
            lines.append(f"  {result['attack']}: {what}: {counts}" +
                         (f" ({why})" if why else ""))
        for key in ("first_failure", "http_first_failure"):
            if result["health"][key]:
                lines.append(f"  {result['attack']}: a check said: "
                             f"{result['health'][key]}")
    worst = max((r["p99_ratio"] or float("inf")) for r in results)
    serving = all(r["stayed_serving"] for r in results)
    lines.append(f"stayed SERVING: {'yes' if serving else 'NO'}; "
                 f"live p99 at most x {worst:.2f} (asked: {RATIO_MAX:g}): "
                 f"{'reached' if worst <= RATIO_MAX else 'MISSED'}")
    return "\n".join(lines)


def prepare(rig, options):
    """Seconds that the import took; None when a store was copied."""
    rig.make_certificates()
    if options.store:
        rig.copy_store(options.store, options.known)
        return None
    return rig.make_store(options.entries, seed=1)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    rigs.add_options(parser)
    parser.add_argument("--clients", type=int, default=500, help="of each kind")
    parser.add_argument("--resets", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=10,
                        help="of each measurement")
    parser.add_argument("--json", help="write all figures there")
    options = parser.parse_args()
    rigs.check_options(parser, options)
    with rigs.Rig(rigs.programs(options)) as rig:
        prepare(rig, options)
        rig.serve()
        results = measure(rig, options.clients, options.resets,
                          options.seconds)
        print(text_of(results))
        if options.json:
            pathlib.Path(options.json).write_text(
                json.dumps(results, indent=1) + "\n")
    return 0 if all(r["stayed_serving"] for r in results) else 1


if __name__ == "__main__":
    sys.exit(rigs.guarded(main))
