#!/usr/bin/env python3
"""Boils decode_bench's JSON down to what is committed, and draws it.

  summarize.py RAW.json OUT.json OUT.svg

OUT.json keeps every repetition and of the host only what matters for time.
Prints, for each row, median and (least) core time in ms a picture, and the
same as a multiple of plain PDQ.
"""
import json
import math
import statistics
import sys

STAGES = [("CodecAlone", "codec alone", "#7a7a7a"),
          ("PlainPdq", "codec and PDQ of the whole", "#2a6fb0"),
          ("InSandbox/normal", "effort normal in the sandbox", "#c2451e"),
          ("InSandbox/thorough", "effort thorough in the sandbox", "#7d3c98")]
WIDTH, HEIGHT, MARGIN = 640, 400, 56


def read(path):
  with open(path, encoding="utf-8") as file:
    raw = json.load(file)
  context = {key: raw["context"][key]
             for key in ("date", "num_cpus", "mhz_per_cpu", "load_avg")}
  runs = [{key: run[key] for key in
           ("name", "iterations", "real_time", "core_ms", "items_per_second")
           if key in run}
          for run in raw["benchmarks"] if run["run_type"] == "iteration"]
  return {"context": context, "benchmarks": runs}


def rows(summary):
  """(stage, what) -> core time of each repetition."""
  found = {}
  for run in summary["benchmarks"]:
    stage, _, what = run["name"].removesuffix("/real_time").rpartition("/")
    if "core_ms" in run:
      found.setdefault((stage, what), []).append(run["core_ms"])
  return found


def core_ms(summary, stage):
  """Megapixels -> median core time."""
  by_size = {}
  for (name, what), times in rows(summary).items():
    if name == stage and "x" in what:
      width, height = what.split("x")
      by_size[int(width) * int(height) / 1e6] = statistics.median(times)
  return by_size


def table(summary):
  """Median and least core time, and how often plain PDQ that is."""
  found = rows(summary)
  stages = sorted({stage for stage, _ in found})
  whats = sorted({what for stage, what in found if stage == "PlainPdq"})
  out = []
  for stage in stages:
    for what in whats:
      if (stage, what) not in found:
        continue
      times, plain = found[stage, what], found["PlainPdq", what]
      median = statistics.median(times)
      out.append(
          f"{stage:28} {what:16} {median:7.2f} ({min(times):.2f})"
          f"  {median / statistics.median(plain):.2f}"
          f" ({min(times) / min(plain):.2f})")
  return "\n".join(out)


def draw(summary):
  lines = {stage: core_ms(summary, stage) for stage, _, _ in STAGES}
  sizes = [s for points in lines.values() for s in points]
  x_low, x_high = math.log10(min(sizes)), math.log10(max(sizes))
  y_low, y_high = 0, math.log10(300)

  def at(size, time):
    x = MARGIN + (math.log10(size) - x_low) / (x_high - x_low) * (
        WIDTH - 2 * MARGIN)
    y = HEIGHT - MARGIN - (math.log10(time) - y_low) / (y_high - y_low) * (
        HEIGHT - 2 * MARGIN)
    return x, y

  out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
         f'height="{HEIGHT}" font-family="sans-serif" font-size="12">',
         f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
  for time in (1, 3, 10, 30, 100, 300):
    x, y = at(min(sizes), time)
    out.append(f'<path d="M{x:.1f} {y:.1f}H{WIDTH - MARGIN}" stroke="#ddd"/>'
               f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">'
               f'{time}</text>')
  for size in sorted(set(sizes)):
    x, y = at(size, 1)
    out.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">'
               f'{size:.1f}</text>')
  for row, (stage, label, color) in enumerate(STAGES):
    points = [at(*point) for point in sorted(lines[stage].items())]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    out.append(f'<path d="M{path}" fill="none" stroke="{color}" '
               'stroke-width="2"/>')
    out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>'
            for x, y in points]
    out.append(f'<text x="{MARGIN + 12}" y="{MARGIN + 4 + 16 * row}" '
               f'fill="{color}">{label}</text>')
  out.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">'
             'size of the JPEG, Mpx</text>')
  out.append(f'<text x="{MARGIN}" y="24">time on one core, ms</text>')
  return "\n".join(out + ["</svg>", ""])


def main():
  if len(sys.argv) != 4:
    sys.exit(__doc__)
  summary = read(sys.argv[1])
  with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(summary, file, indent=1)
    file.write("\n")
  with open(sys.argv[3], "w", encoding="utf-8") as file:
    file.write(draw(summary))
  print(table(summary))


if __name__ == "__main__":
  main()
