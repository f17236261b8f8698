"""What is made of measured figures, and where the figures of a process are.

Memory of a server is a noisy, self-similar signal: neighbouring samples are
alike, so a plain regression believes itself too much. Slopes are therefore
fitted to the means of a dozen stretches, and come with a confidence interval.
"""

import dataclasses
import math
import os

# Student's t, two-sided 95 %, by degrees of freedom from 1 on.
T_95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
        2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086]
STRETCHES = 12


def median(values):
    ordered = sorted(values)
    if not ordered:
        raise ValueError("the median of nothing")
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


@dataclasses.dataclass
class Slope:
    """Growth per unit of time, with its 95 % confidence interval."""
    value: float
    low: float
    high: float

    def exceeds(self, bound):
        """Growth beyond `bound` is shown."""
        return self.low > bound

    def stays_within(self, bound):
        """Growth beyond `bound` is ruled out."""
        return self.high <= bound


def stretches(times, values, count=STRETCHES):
    """Means of `count` stretches of equal time."""
    first, last = times[0], times[-1]
    if len(times) != len(values) or len(times) < 3 or last <= first:
        raise ValueError("a slope needs three samples over some time")
    count = max(3, min(count, len(times) // 2))
    sums = [[0.0, 0.0, 0] for _ in range(count)]
    for time, value in zip(times, values):
        at = min(count - 1, int((time - first) / (last - first) * count))
        sums[at][0] += time
        sums[at][1] += value
        sums[at][2] += 1
    means = [(t / n, v / n) for t, v, n in sums if n]
    return [t for t, _ in means], [v for _, v in means]


def slope(times, values):
    """Least squares over the means of stretches."""
    x, y = stretches(times, values)
    n = len(x)
    mean_x, mean_y = sum(x) / n, sum(y) / n
    spread = sum((a - mean_x) ** 2 for a in x)
    value = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / spread
    left = sum((b - mean_y - value * (a - mean_x)) ** 2 for a, b in zip(x, y))
    error = math.sqrt(left / (n - 2) / spread)
    half = T_95[min(n - 2, len(T_95)) - 1] * error
    return Slope(value, value - half, value + half)


@dataclasses.dataclass
class Usage:
    """Of one process; memory in MiB."""
    rss: float
    peak: float
    descriptors: int
    threads: int


def usage(process_id):
    """None when the process is gone."""
    folder = f"/proc/{process_id}"
    fields = {}
    try:
        with open(f"{folder}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                fields[name] = value.split()
        descriptors = len(os.listdir(f"{folder}/fd"))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    if "VmRSS" not in fields:
        return None
    return Usage(int(fields["VmRSS"][0]) / 1024, int(fields["VmHWM"][0]) / 1024,
                 descriptors, int(fields["Threads"][0]))
