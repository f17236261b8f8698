#!/usr/bin/python3
import os
import random
import statistics
import unittest

import figures


class Median(unittest.TestCase):
    def test_is_that_of_the_standard_library(self):
        draw = random.Random(1)
        for count in range(1, 30):
            values = [draw.random() for _ in range(count)]
            self.assertAlmostEqual(figures.median(values),
                                   statistics.median(values))

    def test_of_nothing_is_refused(self):
        with self.assertRaises(ValueError):
            figures.median([])


class Slope(unittest.TestCase):
    times = [float(t) for t in range(1200)]

    def test_of_a_line_is_exact(self):
        for growth in (-3.0, 0.0, 0.25):
            found = figures.slope(self.times,
                                  [5 + growth * t for t in self.times])
            self.assertAlmostEqual(found.value, growth)
            self.assertAlmostEqual(found.low, growth)
            self.assertAlmostEqual(found.high, growth)

    def test_of_stretches_is_that_of_the_standard_library(self):
        draw = random.Random(2)
        values = [draw.gauss(100, 5) for _ in self.times]
        x, y = figures.stretches(self.times, values)
        self.assertAlmostEqual(figures.slope(self.times, values).value,
                               statistics.linear_regression(x, y).slope)

    def test_its_interval_holds_the_truth_as_often_as_it_says(self):
        draw = random.Random(3)
        held = 0
        for _ in range(1000):
            values = [0.01 * t + draw.gauss(0, 20) for t in self.times]
            found = figures.slope(self.times, values)
            held += found.low <= 0.01 <= found.high
        self.assertTrue(930 <= held <= 970, held)

    def test_samples_that_hang_together_rarely_look_like_growth(self):
        # Each sample is nearly the one before; a plain regression over all of
        # them takes more than half of such runs for growth or shrinking.
        draw = random.Random(4)
        wrong = 0
        for _ in range(300):
            value, values = 0.0, []
            for _ in self.times:
                value = 0.95 * value + draw.gauss(0, 1)
                values.append(value)
            found = figures.slope(self.times, values)
            wrong += not found.low <= 0 <= found.high
        self.assertLess(wrong, 60)

    def test_a_leak_under_a_sawtooth_is_shown(self):
        draw = random.Random(5)
        saw = [20 * (t % 60) / 60 + draw.gauss(0, 2) for t in self.times]
        leaking = [0.05 * t + s for t, s in zip(self.times, saw)]
        self.assertTrue(figures.slope(self.times, leaking).exceeds(0.01))
        self.assertFalse(figures.slope(self.times, saw).exceeds(0.01))
        self.assertTrue(figures.slope(self.times, saw).stays_within(0.02))

    def test_one_step_is_no_steady_growth(self):
        values = [100.0 if t < 600 else 101.0 for t in self.times]
        self.assertFalse(figures.slope(self.times, values).exceeds(0.001))

    def test_of_too_little_is_refused(self):
        for times, values in (([], []), ([1, 2], [1, 2]), ([1, 1, 1], [1] * 3)):
            with self.assertRaises((ValueError, IndexError)):
                figures.slope(times, values)


class UsageOfAProcess(unittest.TestCase):
    def test_counts_memory_and_descriptors_of_this_one(self):
        before = figures.usage(os.getpid())
        files = [open("/dev/null", "rb") for _ in range(20)]
        held = bytearray(os.urandom(64 << 20))
        after = figures.usage(os.getpid())
        for file in files:
            file.close()
        self.assertEqual(after.descriptors, before.descriptors + 20)
        self.assertGreater(after.rss - before.rss, 48, len(held))
        self.assertGreaterEqual(after.peak, after.rss)

    def test_of_a_process_that_is_gone_is_none(self):
        self.assertIsNone(figures.usage(2 ** 30))


if __name__ == "__main__":
    unittest.main()
