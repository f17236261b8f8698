"""A Project VIC set comes back whole from the other version, and the digest that
says so notices every difference."""

import copy
import json
import os
import random
import subprocess
import tempfile
import unittest

import round_trip

PROGRAMS = os.environ["KENAL_BIN_DIR"]
SETS = os.path.join(PROGRAMS, "vics-sets")
RECORDS = 100_000
# What one conversion may take whatever the size of the set.
PEAK_MIB_MAX = 256


def shuffled(value, source):
    if isinstance(value, dict):
        keys = list(value)
        source.shuffle(keys)
        return {key: shuffled(value[key], source) for key in keys}
    if isinstance(value, list):
        return [shuffled(item, source) for item in value]
    return value


class RoundTrip(unittest.TestCase):

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.seed = int(os.environ.get("KENAL_TEST_SEED",
                                       random.SystemRandom().getrandbits(32)))
        print(f"KENAL_TEST_SEED={self.seed}")

    def make(self, records, records_a_case):
        path = os.path.join(self.folder, "set.json")
        subprocess.run([SETS, "make", str(records), str(records_a_case),
                        str(self.seed), path], check=True)
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def digest(self, value):
        path = os.path.join(self.folder, "other.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return subprocess.run([SETS, "digest", path], check=True,
                              stdout=subprocess.PIPE).stdout.split()

    def test_sets_come_back_whole_in_little_memory(self):
        for records_a_case in (0, 700):
            report = round_trip.round_trip(PROGRAMS, self.folder, RECORDS,
                                           records_a_case, self.seed)
            self.assertTrue(report["same"], report)
            self.assertEqual(int(report["before"][0]), RECORDS)
            for name in ("to 2.0", "to 1.3"):
                self.assertLess(report["steps"][name]["peak_mib"],
                                PEAK_MIB_MAX)

    def test_the_digest_is_blind_to_order_and_to_nothing_else(self):
        source = random.Random(self.seed)
        for records_a_case in (0, 30):
            made = self.make(300, records_a_case)
            want = self.digest(made)
            other = shuffled(made, source)
            # The declaration says what the values are, so it comes first.
            declared = {"odata.metadata": other.pop("odata.metadata")}
            other = {**declared, **other}
            source.shuffle(other["value"])
            for case in other["value"]:
                source.shuffle(case.get("Media", []))
            self.assertEqual(self.digest(other), want)
            for damage in range(40):
                bad = copy.deepcopy(made)
                self.damage(bad, damage, source)
                self.assertNotEqual(self.digest(bad), want, damage)

    def damage(self, made, which, source):
        """Changes one thing."""
        case = source.choice(made["value"])
        media = case.get("Media", made["value"])
        record = source.choice(media)
        key = source.choice(sorted(record))
        match which % 6:
            case 0:
                record[key] = [record[key]]
            case 1:
                del record[key]
            case 2:
                media.remove(record)
            case 3:
                media.append(record)
            case 4:
                record["x_new"] = None
            case _:
                made["odata.count"] = "7"

    def test_what_is_no_set_is_refused(self):
        for text in ("", "[]", '{"value":[1', '{"value":[{}]} x'):
            path = os.path.join(self.folder, "bad.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([SETS, "digest", path], check=False,
                                  stderr=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 1, text)


if __name__ == "__main__":
    unittest.main()
