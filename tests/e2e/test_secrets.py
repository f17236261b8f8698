"""Hashes are secrets: planted ones turn up in no message, log or report."""

import os
import random
import unittest

import harness


class Secrets(harness.TestCase):

    def setUp(self):
        super().setUp()
        source = random.Random(51)
        self.canaries = [harness.pdq_hex(source) for _ in range(4)]
        self.canaries += [harness.random_hex(source, 32) for _ in range(2)]
        self.seen = []

    def clean(self, name, content):
        """No run of 12 digits of any canary, in either case or in binary."""
        lower = content.lower()
        for canary in self.canaries:
            for at in range(0, len(canary) - 12, 4):
                self.assertNotIn(canary[at:at + 12].encode(), lower, name)
            raw = bytes.fromhex(canary)
            self.assertNotIn(raw[:8], content, name)

    def watch(self, result):
        self.seen.append(result)
        self.clean(f"stderr of {result.arguments}", result.err)
        return result

    def test_planted_hashes_show_up_nowhere(self):
        self.init(("abuse", "child-abuse"), ("try", "test"))
        pdq, pdq2, pdq3, pdq4, md5, md5b = self.canaries
        listed = self.write("list.txt", "\n".join([
            f"pdq {pdq}", f"PDQ {pdq2.upper()} 80", f"md5 {md5}",
            f"pdq {pdq3}0", f"pdq {pdq3} {md5}", f"{pdq3}", f"sha1 {md5}",
            f"{md5} {pdq3}", f"pdq:{pdq4}", "x" * 5000 + pdq4]))
        for target, name in ((self.kenal, "abuse"), (None, "try")):
            server = None
            if target is None:
                server = self.serve()
                target = server.run
            for form in (["--json"], []):
                self.everything(lambda *words, **options:
                                target(*words, *form, **options), name, listed)
            if server:
                code, err = server.stop()
                self.assertEqual(code, 0)
                self.clean("stderr of serve", err)
        for result in self.seen:
            self.clean(f"stdout of {result.arguments}", result.out)
        self.check_logs()

    def everything(self, kenal, name, listed):
        pdq, pdq2, pdq3, pdq4, md5, md5b = self.canaries
        watch = self.watch
        watch(kenal("import", "--list", name, "--format", "pytx", listed))
        lines = [f"pdq {pdq}", f"pdq {harness.flip(pdq, 3)}", f"md5 {md5}",
                 f"md5 {md5b}", f"pdq {pdq3}0", f"sha256 {md5}",
                 f'{{"signals":{{"pdq":{{"hex":"{pdq4}0"}}}}}}',
                 f'{{"signals":{{"{pdq4}":1}}}}', f'{{"{md5b}":1}}',
                 f'{{"signals":{{"md5":"{md5}"', f"{pdq4} pdq", pdq4,
                 f'{{"error":"no {md5b.upper()}"}}', f'{{"error":"{pdq4}"}}',
                 f'{{"error":"e","error_code":"{md5b}"}}',
                 f'{{"error":"e","format":"{md5b}"}}']
        watch(kenal("query", stdin="\n".join(lines)))
        watch(kenal("query", "--limit", "1", stdin="\n".join(lines)))
        watch(kenal("entry", "show", "--list", name, "1", "2", "3"))
        watch(kenal("entry", "dispute", "--list", name, "1", "--reason", "r"))
        watch(kenal("list", "show"))
        watch(kenal("stats"))
        watch(kenal("verify"))
        watch(kenal("query", "pdq", pdq))

    def check_logs(self):
        """What the store writes as text. Its tables hold hashes: they are the
        store."""
        logs = []
        for at, _, names in os.walk(self.data):
            logs += [os.path.join(at, name) for name in names
                     if "LOG" in name or "lock" in name.lower() or
                     name.endswith((".txt", ".json"))]
        self.assertTrue(logs)
        for path in logs:
            with open(path, "rb") as file:
                self.clean(path, file.read())

    def test_the_canary_is_caught_when_it_sings(self):
        with self.assertRaises(AssertionError):
            self.clean("planted", b"x" + self.canaries[0].upper().encode())
        with self.assertRaises(AssertionError):
            self.clean("planted", b"x" + bytes.fromhex(self.canaries[5]))


if __name__ == "__main__":
    unittest.main()
