"""The same answer by every route: by picture and by hash, by store and by
server."""

import base64
import os
import random
import re
import shutil
import subprocess
import unittest

import harness


class Routes(harness.TestCase):

    def test_hash_then_query_equals_match_on_every_vector_picture(self):
        pictures = harness.vector_pictures()
        self.assertGreater(len(pictures), 60)
        self.init(("half", "child-abuse"), ("rest", "test"))
        # Some vectors are broken on purpose: exit code 1 is theirs.
        for name, part in (("half", pictures[::2]), ("rest", pictures[1::2])):
            ingested = self.kenal("ingest", "--list", name, "--quiet", *part)
            self.assertIn(ingested.code, (0, 1), ingested)

        matched = self.kenal("match", "--json", "--quiet", *pictures)
        hashed = harness.run("hash", "--json", "--dihedral", "--quiet",
                             *pictures)
        queried = self.kenal("query", "--json", "--quiet", stdin=hashed.out)
        self.assertEqual(len(matched.lines()), len(pictures))
        for path, one, other in zip(pictures, matched.out.splitlines(),
                                    queried.out.splitlines(), strict=True):
            self.assertEqual(one, other, path)
        self.assertEqual(matched.code, queried.code)

        for path, answer in zip(pictures, matched.lines()):
            self.assertEqual(answer["path"], path)
            if "error" in answer:
                continue
            expected = {"EXACT", "NEAR", "TEST"}
            # Test lists do not make up for what was never compared.
            if answer["damaged"]:
                expected = {"EXACT", "NEAR", "UNAVAILABLE"}
            self.assertIn(answer["verdict"], expected, answer)

        server = self.serve()
        served = server.run("match", "--json", "--quiet", *pictures)
        self.assertEqual(served.out, matched.out)
        self.assertEqual(served.code, matched.code)
        by_hash = server.run("query", "--json", "--quiet", stdin=hashed.out)
        self.assertEqual(by_hash.out, matched.out)

    def test_hash_then_query_equals_match_on_files_that_cannot_be_hashed(self):
        self.init(("abuse", "child-abuse"))
        paths = [self.write("empty.jpg", b""),
                 self.write("notes.jpg", "just text\n" * 50),
                 self.write("huge.png", harness.huge_png_header()),
                 self.path("missing.jpg"),
                 self.write(b"caf\xe9.txt".decode("utf-8", "surrogateescape"),
                            "x")]
        known = self.write("notes.sha1", self.sha1_line(paths[1]))
        self.ok(self.kenal("import", "--list", "abuse", "--format", "pytx",
                           known))
        matched = self.kenal("match", "--json", *paths)
        hashed = harness.run("hash", "--json", "--dihedral", *paths)
        self.assertEqual(hashed.code, 1)
        queried = self.kenal("query", "--json", stdin=hashed.out)
        self.assertEqual(matched.out, queried.out)
        self.assertEqual((matched.code, queried.code), (1, 1))
        self.assertEqual(matched.err, queried.err)
        self.assertEqual([a["verdict"] for a in matched.lines()],
                         ["UNAVAILABLE", "EXACT", "UNAVAILABLE", "UNAVAILABLE",
                          "UNAVAILABLE"])
        for answer in matched.lines():
            self.assertIn("error", answer)
            self.assertIn("error_code", answer)
        both = self.kenal("match", "--fail-on-match", *paths)
        self.assertEqual(both.code, 11)

    def sha1_line(self, path):
        line, = harness.run("hash", "--json", path).lines()
        return "sha1 " + line["signals"]["sha1"]

    def test_every_subcommand_gives_the_same_in_process_and_by_server(self):
        """Runs one script against two copies of one store, which have the same
        keys, and compares all it prints."""
        outputs = []
        script = self.script()
        self.init()
        empty = self.data
        for by_server in (False, True):
            self.data = self.path(f"copy-{by_server}")
            shutil.copytree(empty, self.data)
            server = self.serve() if by_server else None
            target = server.run if by_server else self.kenal
            outputs.append([self.comparable(target(*arguments, stdin=stdin))
                            for arguments, stdin in script])
            if server:
                self.assertEqual(server.stop()[0], 0)
        for (arguments, _), one, other in zip(script, *outputs, strict=True):
            self.assertEqual(one, other, arguments)

    def script(self):
        source = random.Random(5)
        known = harness.pdq_hex(source)
        md5 = "md5 " + harness.random_hex(source, 32)
        listed = self.write("listed.txt",
                            f"pdq {known}\n{md5}\nmd5 bad\n")
        kite = self.write("pictures/kite.png", harness.picture(6))
        self.write("pictures/lake.png", harness.picture(7))
        self.write("pictures/notes.txt", "no picture")
        folder = self.path("pictures")
        steps = [
            (["list", "create", "abuse", "--purpose", "child-abuse"], b""),
            (["list", "create", "abuse", "--purpose", "test"], b""),
            (["list", "create", "try", "--purpose", "test", "--radius", "10"],
             b""),
            (["list", "create", "../x", "--purpose", "test"], b""),
            (["list", "create", "x", "--purpose", "test", "--radius", "64"],
             b""),
            (["list", "show"], b""), (["list", "show", "try"], b""),
            (["list", "show", "none"], b""),
            (["list", "disable", "none"], b""),
            (["ingest", "--list", "none", folder], b""),
            (["ingest", "--list", "try", "--source", "me", folder], b""),
            (["ingest", "--list", "try", "--source", "me", folder], b""),
            (["import", "--list", "none", "--format", "pytx", listed], b""),
            (["import", "--list", "abuse", "--format", "pytx", "--source",
              "me", listed], b""),
            (["import", "--list", "abuse", "--format", "pytx", "--source",
              "me", "-"], md5.encode()),
            (["match", kite, folder], b""),
            (["query"], f"pdq {known} 60\n{md5}\n# x\n\nmd5 1\n".encode()),
            (["query", "--limit", "1", "--fail-on-match"], md5.encode()),
            (["entry", "show", "--list", "abuse", "1", "2", "3", "x"], b""),
            (["entry", "show", "--list", "none", "1"], b""),
            (["entry", "dispute", "--list", "abuse", "1", "--reason", "r"],
             b""),
            (["entry", "withdraw", "--list", "abuse", "2", "9", "--reason",
              "r"], b""),
            (["entry", "withdraw", "--list", "abuse", "2", "--reason", ""],
             b""),
            (["list", "disable", "try", "--reason", "r"], b""),
            (["query"], f"pdq {known}\n{md5}\n".encode()),
            (["match", kite], b""),
            (["list", "enable", "try"], b""), (["list", "show"], b""),
            (["verify"], b""), (["hash", folder], b""), (["version"], b""),
        ]
        return ([([*arguments, "--json", "--quiet"], stdin)
                 for arguments, stdin in steps] +
                [([*arguments, "--quiet"], stdin) for arguments, stdin in steps
                 if arguments[0] in ("match", "query", "list", "entry")])

    def comparable(self, result):
        """Without times, which two runs cannot share."""
        def scrub(text):
            return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"TIME", text)
        return result.code, scrub(result.out), scrub(result.err)

    def test_stats_count_the_same_in_process_and_by_server(self):
        self.init(("abuse", "child-abuse"))
        source = random.Random(9)
        self.import_lines("abuse", *(f"pdq {harness.pdq_hex(source)}"
                                     for _ in range(50)))
        here, = self.ok(self.kenal("stats", "--json")).lines()
        self.assertEqual(here["pdq_rows"], 50)
        self.assertEqual(here["lists"][0]["active"], 50)
        there, = self.ok(self.serve().run("stats", "--json")).lines()
        for key in ("store", "sequence", "pdq_rows", "digest_rows"):
            self.assertEqual(here[key], there[key], key)

    def test_a_change_by_the_server_is_seen_by_the_next_question(self):
        self.init(("abuse", "child-abuse"))
        server = self.serve()
        source = random.Random(10)
        before = 0
        for _ in range(5):
            line = f"pdq {harness.pdq_hex(source)}"
            self.ok(server.run("import", "--list", "abuse", "--format", "pytx",
                               "-", stdin=line))
            answer, = self.ask(line, ask_with=server)
            self.assertEqual(answer["verdict"], "NEAR")
            self.assertGreater(answer["sequence"], before)
            before = answer["sequence"]

    def test_a_question_is_answered_before_the_next_is_asked(self):
        self.init(("abuse", "child-abuse"))
        for target in (["--data", self.data], None):
            target = target or ["--server", self.serve().address]
            process = harness.start(*target, "query", "--json",
                                    stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)
            for number in (1, 2, 3):
                process.stdin.write(b"md5 " + b"0" * 32 + b"\n")
                process.stdin.flush()
                self.assertIn(b'"line":%d,' % number,
                              process.stdout.readline())
            process.stdin.close()
            self.assertEqual(process.stdout.read(), b"")
            self.assertEqual(process.wait(harness.TIMEOUT_S), 0)
            process.stdout.close()

    def test_text_from_hash_is_understood_by_query(self):
        self.init(("abuse", "child-abuse"))
        kite = self.write("kite.png", harness.picture(11))
        self.ok(self.kenal("ingest", "--list", "abuse", kite))
        text = self.ok(harness.run("hash", kite)).out
        answers = self.answers(self.kenal("query", "--json", stdin=text))
        self.assertEqual([a["verdict"] for a in answers],
                         ["NEAR", "EXACT", "EXACT", "EXACT"])

    def test_the_example_with_md5sum_works_as_the_help_shows_it(self):
        self.init(("abuse", "child-abuse"))
        kite = self.write("upload.jpg", harness.picture(13))
        self.ok(self.kenal("ingest", "--list", "abuse", kite))
        shown = self.ok(harness.run("query", "--help")).text()
        example = re.search(r"  (md5sum .*)", shown).group(1)
        done = subprocess.run(
            ["bash", "-c", example], cwd=self.folder, check=False,
            stdout=subprocess.PIPE, env=harness.environment(
                KENAL_DATA=self.data,
                PATH=harness.BIN_DIR + ":" + os.environ["PATH"]))
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"EXACT", done.stdout)

    def test_names_that_are_no_utf8_come_back_byte_for_byte(self):
        name = os.path.join(self.folder.encode(), b"caf\xe9\n\x1b[2J.png")
        with open(name, "wb") as file:
            file.write(harness.picture(12))
        line, = self.ok(harness.run("hash", "--json", name)).lines()
        self.assertIn("caf\ufffd", line["path"])
        self.assertEqual(base64.b64decode(line["path_base64"]), name)
        self.init(("abuse", "child-abuse"))
        table = self.ok(self.kenal("match", name))
        self.assertIn(b"caf\\xe9\\x0a\\x1b[2J.png", table.out)


class WorkClasses(harness.TestCase):
    """Whoever waits for one answer is live; who goes through many is bulk."""

    def setUp(self):
        super().setUp()
        self.init(("abuse", "child-abuse"))
        self.one = self.write("pictures/one.png", harness.picture(41))
        self.two = self.write("pictures/two.png", harness.picture(42))
        self.server = self.serve()

    def asked(self):
        """Items asked about so far, by class."""
        told = self.ok(self.server.run("--json", "top", "--once")).lines()[0]
        return {line["class"]: line["total"] for line in told["items"]
                if line["class"] in ("live", "bulk")}

    def assert_asks(self, live, bulk, *words, stdin=b""):
        # Asking for the metrics may be counted too.
        own = self.asked()
        before = self.asked()
        self.ok(self.server.run(*words, stdin=stdin))
        after = self.asked()
        came = [after[name] - before[name] - (before[name] - own[name])
                for name in ("live", "bulk")]
        self.assertEqual(came, [live, bulk], words)

    def test_one_is_live_and_many_are_bulk(self):
        line = f"pdq {harness.pdq_hex(random.Random(1))} 100\n"
        folder = self.path("pictures")
        self.assert_asks(1, 0, "match", self.one)
        self.assert_asks(0, 2, "match", self.one, self.two)
        self.assert_asks(0, 2, "match", folder)
        self.assert_asks(1, 0, "query", stdin=line)
        self.assert_asks(0, 3, "query", stdin=line * 3)

    def test_the_class_that_is_asked_for_holds(self):
        line = f"pdq {harness.pdq_hex(random.Random(2))} 100\n"
        live, bulk = ["--work-class", "live"], ["--work-class", "bulk"]
        self.assert_asks(0, 1, "match", *bulk, self.one)
        self.assert_asks(2, 0, "match", *live, self.one, self.two)
        self.assert_asks(0, 1, "query", *bulk, stdin=line)
        self.assert_asks(3, 0, "query", *live, stdin=line * 3)


if __name__ == "__main__":
    unittest.main()
