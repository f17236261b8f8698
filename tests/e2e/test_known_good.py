"""Known-good lists as a person uses them."""

import hashlib
import json
import os
import random
import signal
import time
import unittest

import harness

TYPES = ("md5", "sha1", "sha256")


class Content:
    """A file that nobody has, by its digests."""

    def __init__(self, source):
        data = source.randbytes(40)
        self.md5, self.sha1, self.sha256 = (
            hashlib.new(name, data).hexdigest() for name in TYPES)


class KnownGood(harness.TestCase):

    def setUp(self):
        super().setUp()
        self.random = random.Random(11)
        self.files = [Content(self.random) for _ in range(50)]

    def store(self):
        self.init(("nsrl", "known-benign"), ("abuse", "child-abuse"),
                  ("trial", "test"))

    def sums(self, kind, files=None):
        return self.write(kind + ".sums", "".join(
            f"{getattr(one, kind)}  name {i}\n"
            for i, one in enumerate(files or self.files)))

    def add(self, *arguments, code=0):
        result = self.kenal("--json", "known-good", "add", "--list", "nsrl",
                            *arguments)
        self.assertEqual(result.code, code, result)
        return result.lines()[0] if result.out else None

    def known(self, *lines, ask_with=None):
        """The known_good of the answer to each query line."""
        return [[(one["list"], one.get("signal")) for one in
                 answer.get("known_good", [])]
                for answer in self.ask(*lines, ask_with=ask_with)]

    def known_file(self, kind):
        folder = os.path.join(self.data, "known")
        name, = (n for n in os.listdir(folder) if f".{kind}." in n)
        return os.path.join(folder, name)

    def test_what_was_added_is_told_beside_every_verdict(self):
        self.store()
        stranger = Content(self.random)
        self.import_lines("abuse", f"sha1 {self.files[0].sha1}")
        self.import_lines("trial", f"sha1 {self.files[1].sha1}")
        added = self.add("--format", "sha1sum", self.sums("sha1"))
        self.assertEqual(added["outcomes"], [
            {"signal": "sha1", "taken": 50, "before": 0, "after": 50,
             "changed": True}])
        lines = [f"sha1 {one.sha1}" for one in self.files[:3] + [stranger]]
        answers = self.ask(*lines)
        self.assertEqual([one["verdict"] for one in answers],
                         ["EXACT", "TEST", "NO_KNOWN_MATCH", "NO_KNOWN_MATCH"])
        self.assertEqual(self.known(*lines), [[("nsrl", "sha1")]] * 3 + [[]])
        text = self.kenal("query", stdin=lines[2] + "\n").text()
        self.assertIn("known good: nsrl (sha1)", text)
        text = self.kenal("query", stdin=lines[0] + "\n").text()
        self.assertIn("EXACT", text)
        self.assertIn("known good: nsrl (sha1)", text)
        self.ok(self.kenal("verify"))

    def test_a_server_tells_the_same_and_lists_them(self):
        self.store()
        self.add("--format", "md5sum", self.sums("md5"))
        lines = [f"md5 {one.md5}" for one in self.files[:5]]
        known = self.known(*lines)
        listed = self.ok(self.kenal("--json", "known-good", "list")).lines()
        shown = self.ok(self.kenal("--json", "list", "show", "nsrl")).lines()
        server = self.serve()
        self.assertEqual(self.known(*lines, ask_with=server), known)
        self.assertEqual(
            self.ok(server.run("--json", "known-good", "list")).lines(), listed)
        self.assertEqual(
            self.ok(server.run("--json", "list", "show", "nsrl")).lines(),
            shown)
        self.assertEqual(listed[0]["known_good"]["count"], 50)
        self.assertEqual(listed[0]["known_good"], shown[0]["known_good"][0])
        path = self.known_file("md5")
        with open(path, "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(),
                             listed[0]["known_good"]["sha256"])
        for command in ("add", "remove", "check"):
            words = [command, "--list", "nsrl"]
            if command == "add":
                words += ["--format", "md5sum", self.sums("md5")]
            self.fails(server.run("known-good", *words), 2, "stop it",
                       "--data DIR")
            self.fails(self.kenal("known-good", *words), 4, "in use",
                       "stop what has it open")

    def test_whoever_watches_is_told_what_came_and_went(self):
        self.store()
        self.add("--source", "some body", "--format", "md5sum",
                 self.sums("md5"))
        self.ok(self.kenal("known-good", "remove", "--list", "nsrl"))
        text = self.ok(self.kenal("watch", "--once")).text()
        self.assertIn("50 md5 from some body", text)
        self.assertIn("md5 removed", text)
        told = [one for one in
                self.ok(self.kenal("--json", "watch", "--once")).lines()
                if one.get("change") == "known_good_set"]
        self.assertEqual([one["known_good"]["count"] for one in told], [50, 0])

    # The digests of each format, and of which types.
    def test_every_format_gives_all_its_digest_types(self):
        a, b = self.files[:2]
        upper = str.upper
        cases = {
            "nsrl": ('"SHA-1","MD5","CRC32","FileName","FileSize",'
                     '"ProductCode","OpSystemCode","SpecialCode"\n' + "".join(
                         f'"{upper(x.sha1)}","{upper(x.md5)}","00000000",'
                         f'"n","1",1,"x",""\n' for x in (a, b)),
                     ("md5", "sha1")),
            "hashdeep": ("%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n"
                         + "".join(f"1,{x.md5},{x.sha256},./n\n"
                                   for x in (a, b)), ("md5", "sha256")),
            "sha256sum": ("".join(f"{x.sha256}  n\n" for x in (a, b)),
                          ("sha256",)),
        }
        self.store()
        for format_name, (text, kinds) in cases.items():
            with self.subTest(format_name):
                path = self.write(format_name, text)
                added = self.add("--replace", "--format", format_name, path)
                after = {one["signal"]: one["after"]
                         for one in added["outcomes"] if one["after"]}
                self.assertEqual(after, {kind: 2 for kind in kinds})
                for kind in TYPES:
                    expected = [("nsrl", kind)] if kind in kinds else []
                    self.assertEqual(
                        self.known(f"{kind} {getattr(a, kind)}"), [expected])
        only = self.add("--replace", "--type", "md5", "--format", "nsrl",
                        self.path("nsrl"))
        self.assertEqual([one["signal"] for one in only["outcomes"]], ["md5"])

    def test_bad_records_are_counted_and_the_rest_is_added(self):
        self.store()
        lines = [f"{one.sha1}  name" for one in self.files[:4]]
        lines.insert(2, "no digest at all")
        path = self.write("bad.sums", "\n".join(lines) + "\n")
        result = self.kenal("--json", "known-good", "add", "--list", "nsrl",
                            "--format", "sha1sum", path)
        self.assertEqual(result.code, 1, result)
        self.assertIn("line 3", result.messages())
        told = result.lines()[0]
        self.assertEqual((told["read"], told["refused"]), (5, 1))
        self.assertEqual(told["outcomes"][0]["after"], 4)

    def test_other_purposes_and_lists_of_abuse_are_refused(self):
        self.store()
        path = self.sums("sha1")
        for name in ("abuse", "trial"):
            self.fails(self.kenal("known-good", "add", "--list", name,
                                  "--format", "sha1sum", path), 3,
                       "known-benign")
        for format_name in ("ncmec", "icse"):
            self.fails(self.kenal("known-good", "add", "--list", "nsrl",
                                  "--format", format_name, path), 2,
                       "abuse imagery")
        self.fails(self.kenal("known-good", "add", "--list", "nsrl",
                              "--format", "nothing", path), 2, "sha1sum")
        self.fails(self.kenal("known-good", "add", "--list", "none",
                              "--format", "sha1sum", path), 2, "no list")
        empty = self.write("empty", "# nothing\n")
        self.fails(self.kenal("known-good", "add", "--list", "nsrl",
                              "--format", "sha1sum", empty), 3, "stays")
        self.assertEqual(os.listdir(self.data).count("known"), 0)

    def test_damage_is_named_and_mended(self):
        self.store()
        path = self.sums("sha1")
        self.add("--format", "sha1sum", path)
        line = f"sha1 {self.files[0].sha1}"
        self.ok(self.kenal("known-good", "check"))
        damaged = self.known_file("sha1")
        with open(damaged, "r+b") as file:
            file.seek(os.path.getsize(damaged) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        for command in (["verify"], ["known-good", "check"]):
            self.fails(self.kenal(*command), 3, "damaged: ", damaged)
        result = self.kenal("query", "--json", stdin=line + "\n")
        answer, = self.answers(result)
        self.assertEqual(answer["verdict"], "NO_KNOWN_MATCH")
        self.assertNotIn("known_good", answer)
        self.assertEqual(answer["known_good_failed"],
                         [{"list": "nsrl", "signal": "sha1"}])
        self.assertIn("was not asked", result.messages())
        self.fails(self.kenal("backup", "create", self.path("backups")), 3,
                   damaged, "--replace")
        self.fails(self.kenal("known-good", "add", "--list", "nsrl",
                              "--format", "sha1sum", path), 3, damaged)
        self.add("--replace", "--format", "sha1sum", path)
        self.assertEqual(self.known(line), [[("nsrl", "sha1")]])
        self.ok(self.kenal("verify"))

    def test_a_backup_holds_them_and_copies_them_once(self):
        self.store()
        self.add("--format", "sha1sum", self.sums("sha1"))
        backups, restored = self.path("backups"), self.path("restored")
        made = [self.ok(self.kenal("--json", "backup", "create",
                                   backups)).lines()[0] for _ in range(2)]
        size = os.path.getsize(self.known_file("sha1"))
        self.assertGreater(made[0]["new_bytes"], size)
        self.ok(self.kenal("known-good", "remove", "--list", "nsrl"))
        self.assertEqual(os.listdir(os.path.join(self.data, "known")), [])
        line = f"sha1 {self.files[0].sha1}"
        self.assertEqual(self.known(line), [[]])
        self.ok(harness.run("backup", "check", backups, "--verify"))
        self.ok(harness.run("backup", "restore", backups, "--to", restored))
        self.data = restored
        self.assertEqual(self.known(line), [[("nsrl", "sha1")]])
        self.ok(self.kenal("verify"))

    # Ctrl-C leaves the list as it was, kill -9 that or the whole of it.
    def test_an_add_that_is_stopped_changes_nothing(self):
        self.store()
        self.add("--format", "sha1sum", self.sums("sha1"))
        before = self.ok(self.kenal("--json", "known-good", "list")).out
        many = self.write("many.sums", "".join(
            f"{self.random.getrandbits(160):040x}  n\n" for _ in range(60000)))
        for trial in range(8):
            process = harness.start(
                "--data", self.data, "-q", "known-good", "add", "--list",
                "nsrl", "--memory", "4", "--format", "sha1sum", many)
            time.sleep(0.02 + trial * 0.02)
            process.send_signal(signal.SIGINT if trial % 2 else signal.SIGKILL)
            code = process.wait(timeout=harness.TIMEOUT_S)
            after = self.ok(self.kenal("--json", "known-good", "list")).out
            # Who was killed may have come to the end and not said so.
            if code != 0 and code != -signal.SIGKILL:
                self.assertEqual(after, before)
            self.assertIn(json.loads(after)["known_good"]["count"],
                          (50, 50 + 60000))
            before = after
            self.ok(self.kenal("verify"))
            self.assertEqual(len(os.listdir(os.path.join(self.data, "known"))),
                             1)


if __name__ == "__main__":
    unittest.main()
