"""Everything that goes wrong gets a clear line that names the thing and the
next step, the right exit code, and loses nothing."""

import glob
import os
import random
import re
import signal
import stat
import subprocess
import unittest

import harness

TRUNCATED = os.path.join(harness.VECTORS, "gen", "a-truncated.jpg")
WHOLE = os.path.join(harness.VECTORS, "gen", "a-444-q90.jpg")


class Inputs(harness.TestCase):

    def setUp(self):
        super().setUp()
        self.init(("abuse", "child-abuse"))

    def check_failed_file(self, path, code, *parts):
        """hash, match and ingest all name it, go on, and exit with 1."""
        good = self.write("good.png", harness.picture(21))
        hashed = harness.run("hash", "--json", path, good)
        self.fails(hashed, 1, os.path.basename(path), *parts)
        self.assertEqual(hashed.lines()[0]["error_code"], code)
        self.assertIn("pdq", hashed.lines()[1]["signals"])

        matched = self.kenal("match", "--json", path, good)
        self.fails(matched, 1, os.path.basename(path), *parts)
        self.assertEqual([a["verdict"] for a in matched.lines()],
                         ["UNAVAILABLE", "NO_KNOWN_MATCH"])
        pdq = matched.lines()[0]["checks"]["pdq"]
        self.assertEqual((pdq["state"], pdq["reason"]), ("failed", code))

        ingested = self.kenal("ingest", "--json", "--list", "abuse", path,
                              good)
        self.fails(ingested, 1, os.path.basename(path), *parts)
        self.assertEqual([i["outcome"] for i in ingested.lines()],
                         ["failed", "added"])

        table = self.kenal("match", path)
        self.fails(table, 1, os.path.basename(path), *parts)
        self.assertIn("UNAVAILABLE", table.text())

    def test_a_missing_file(self):
        self.check_failed_file(self.path("missing.jpg"), "unreadable",
                               "no such file")

    def test_an_empty_file(self):
        self.check_failed_file(self.write("empty.jpg", b""), "empty", "empty")

    def test_a_file_that_is_no_picture(self):
        self.check_failed_file(self.write("notes.jpg", b"only text\n" * 99),
                               "not_a_picture")

    def test_a_picture_that_is_huge_by_its_header(self):
        self.check_failed_file(
            self.write("huge.png", harness.huge_png_header()), "too_large",
            "30000")

    def test_a_picture_cut_within_its_header(self):
        with open(WHOLE, "rb") as file:
            start = file.read(100)
        path = self.write("cut.jpg", start)
        hashed = harness.run("hash", "--json", path)
        self.fails(hashed, 1, "cut.jpg")

    def test_a_file_that_may_not_be_read(self):
        path = self.write("secret.jpg", harness.picture(22))
        os.chmod(path, 0)
        if os.access(path, os.R_OK):  # For root every file may be read.
            os.remove(path)
            os.mkfifo(path)
        self.check_failed_file(path, "unreadable")

    def test_a_damaged_jpeg_is_hashed_and_said_to_be_damaged(self):
        hashed = harness.run("hash", "--json", TRUNCATED)
        self.assertEqual(hashed.code, 0, hashed)
        self.assertIn("damaged", hashed.messages())
        self.assertTrue(hashed.lines()[0]["damaged"])
        ingested = self.kenal("ingest", "--json", "--list", "abuse", TRUNCATED)
        self.assertEqual(ingested.code, 0, ingested)
        self.assertEqual(ingested.lines()[0]["outcome"], "added")
        self.assertIn("damaged", ingested.messages())

    def check_unavailable_because_damaged(self, result):
        self.fails(result, 1, "a-truncated.jpg: could not be checked",
                   "damaged", "a part")
        self.assertEqual(len(result.messages().splitlines()), 1, result)
        answer, = result.lines()
        self.assertEqual(answer["verdict"], "UNAVAILABLE")
        self.assertTrue(answer["damaged"])
        self.assertEqual(answer["checks"]["pdq"]["state"], "failed")
        self.assertEqual(answer["checks"]["pdq"]["reason"], "damaged")

    def test_a_damaged_jpeg_without_a_hit_could_not_be_checked(self):
        self.check_unavailable_because_damaged(
            self.kenal("match", "--json", TRUNCATED))
        hashed = harness.run("hash", "--json", "--dihedral", TRUNCATED)
        self.check_unavailable_because_damaged(
            self.kenal("query", "--json", stdin=hashed.out))
        table = self.kenal("match", TRUNCATED)
        self.fails(table, 1, "failed: 1 damaged")
        self.ok(self.kenal("ingest", "--list", "abuse", TRUNCATED))
        known = self.kenal("match", "--json", TRUNCATED)
        self.assertEqual(known.code, 0, known)
        self.assertIn("warning", known.messages())
        self.assertEqual(known.lines()[0]["verdict"], "EXACT")

    def test_the_summary_counts_failures_by_reason(self):
        paths = [self.write(f"{i}.txt", "text\n" * 9) for i in range(3)]
        paths += [self.path("missing.jpg"), self.write("e.jpg", b"")]
        result = self.kenal("match", *paths)
        self.fails(result, 1, "5 UNAVAILABLE; failed: 3 not pictures, "
                   "1 unreadable, 1 empty; lists as of")

    def test_bad_lines_are_named_by_number_and_answered_in_their_place(self):
        source = random.Random(23)
        good = "md5 " + harness.random_hex(source, 32)
        bad = ["pdq " + "c" * 63, "pdq " + "c" * 63 + "g", "md5", "c" * 64,
               "pdq " + "c" * 64 + " 101", "{", '{"signals":{"md5":"ccc"}}',
               "photodna cccccccc", "md5 " + "c" * 300_000]
        lines = []
        for line in bad:
            lines += [line, good]
        result = self.kenal("query", "--json", stdin="\n".join(lines))
        self.fails(result, 1)
        answers = result.lines()
        self.assertEqual(len(answers), len(lines))
        messages = result.messages().splitlines()
        self.assertEqual(len(messages), len(bad))
        for i, answer in enumerate(answers):
            self.assertEqual(answer["line"], i + 1)
            if i % 2:
                self.assertEqual(answer["verdict"], "NO_KNOWN_MATCH")
                continue
            self.assertEqual(answer["verdict"], "UNAVAILABLE")
            self.assertEqual(answer["error_code"], "bad_line")
            self.assertIn(f"line {i + 1}: ", messages[i // 2])
            self.assertIn("TYPE HEX", messages[i // 2])
        self.assertNotIn("cccc", result.messages())

    def test_bad_lines_of_a_list_are_refused_and_the_rest_is_added(self):
        source = random.Random(24)
        lines = [f"pdq {harness.pdq_hex(source)}" for _ in range(100)]
        lines[10] = lines[10][:-1]
        lines[50] = "x" * 100_000
        path = self.write("list.txt", "\r\n".join(lines))
        result = self.kenal("import", "--json", "--list", "abuse", "--format",
                            "pytx", path)
        self.fails(result, 1, "line 11 is refused", "line 51 is refused")
        report, = result.lines()
        self.assertEqual((report["read"], report["added"], report["refused"]),
                         (100, 98, 2))
        self.assertEqual([r["line"] for r in report["refusals"]], [11, 51])

    def test_a_list_file_or_a_list_that_is_not_there(self):
        self.fails(self.kenal("import", "--list", "abuse", "--format", "pytx",
                              self.path("none.txt")), 2, "none.txt")
        file = self.write("one.txt", "md5 " + "0" * 32)
        self.fails(self.kenal("import", "--list", "none", "--format", "pytx",
                              file), 2, "none", "abuse")
        self.fails(self.kenal("ingest", "--list", "none", file), 2, "none",
                   "abuse")

    def test_an_entry_that_is_not_there(self):
        self.fails(self.kenal("entry", "show", "--list", "abuse", "7"), 1,
                   "entry 7")
        self.fails(self.kenal("entry", "withdraw", "--list", "abuse", "7",
                              "--reason", "r"), 1, "entry 7",
                   "`kenal match` prints the ids")

    def test_a_folder_of_many_kinds_is_gone_through_to_its_end(self):
        for i in range(4):
            self.write(f"all/a{i}.png", harness.picture(i + 30))
            self.write(f"all/b{i}.txt", "text")
        os.symlink(self.path("all"), self.path("all", "loop"))
        os.mkfifo(self.path("all", "pipe"))
        result = self.kenal("match", "--json", self.path("all"))
        names = [os.path.basename(a["path"]) for a in result.lines()
                 if a["verdict"] == "NO_KNOWN_MATCH"]
        self.assertEqual(names, [f"a{i}.png" for i in range(4)])
        self.assertEqual(len(result.lines()), 8)

    def test_links_and_pipes_of_a_folder_are_noted_and_no_failure(self):
        self.write("all/a.png", harness.picture(35))
        os.symlink(WHOLE, self.path("all", "link"))
        for words in (["hash"], ["match"], ["ingest", "--list", "abuse"]):
            result = self.ok(self.kenal(*words, self.path("all")))
            notes = [line for line in result.messages().splitlines()
                     if "skipped" in line]
            self.assertEqual(notes, ["kenal: 1 link, pipe or device was "
                                     "skipped: " + self.path("all", "link")])
        os.mkfifo(self.path("all", "pipe"))
        result = self.ok(self.kenal("match", self.path("all")))
        self.assertIn("2 links, pipes or devices were skipped, such as " +
                      self.path("all", "link"), result.messages())
        quiet = self.ok(self.kenal("match", "-q", self.path("all")))
        self.assertNotIn("skipped", quiet.messages())


class Stores(harness.TestCase):

    def test_no_store(self):
        self.fails(self.kenal("stats"), 2, self.data, "kenal init")

    def test_init_touches_no_store_and_no_folder_of_others(self):
        self.init(("abuse", "child-abuse"))
        self.fails(self.kenal("init"), 3, self.data)
        self.assertEqual(len(self.ok(self.kenal("list", "show",
                                                "--json")).lines()), 1)
        self.write("mine/letter.txt", "dear")
        self.fails(harness.run("--data", self.path("mine"), "init"), 3, "mine")

    def test_two_lists_of_one_name(self):
        self.init(("abuse", "child-abuse"))
        self.fails(self.kenal("list", "create", "abuse", "--purpose", "test"),
                   3, "abuse")

    def test_a_store_in_use_names_the_server_to_ask(self):
        self.init()
        server = self.serve()
        for words in (["stats"], ["serve"],
                      ["list", "create", "x", "--purpose", "test"]):
            self.fails(self.kenal(*words), 4, "--server " + server.address)
        self.ok(server.run("stats"))
        code, err = server.stop()
        self.assertEqual(code, 0, err)
        self.ok(self.kenal("stats"))

    def test_of_two_processes_one_is_refused_and_nothing_is_lost(self):
        self.init(("abuse", "child-abuse"))
        source = random.Random(25)
        imports = []
        for i in range(6):
            lines = "\n".join(f"pdq {harness.pdq_hex(source)}"
                              for _ in range(2_000))
            imports.append(self.write(f"{i}.txt", lines))
        processes = [harness.start("--data", self.data, "import", "--list",
                                   "abuse", "--format", "pytx", path,
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
                     for path in imports]
        codes = []
        for process in processes:
            err = process.communicate(timeout=harness.TIMEOUT_S)[1]
            codes.append(process.returncode)
            if process.returncode:
                self.assertIn(self.data.encode(), err)
        self.assertLessEqual(set(codes), {0, 4})
        shown, = self.ok(self.kenal("list", "show", "abuse", "--json")).lines()
        self.assertEqual(shown["active"], 2_000 * codes.count(0))
        self.assertGreater(codes.count(0), 0)
        self.ok(self.kenal("verify"))

    def test_a_server_that_is_not_there(self):
        nobody = "unix:" + self.path("nobody.sock")
        for words in (["stats"], ["match", WHOLE], ["list", "show"]):
            self.fails(harness.run("--server", nobody, *words), 4,
                       "nobody.sock")
        self.fails(harness.run("--server", "127.0.0.1:1", "stats"), 4,
                   "127.0.0.1:1")
        self.fails(harness.run("--server", "::nonsense::", "stats"), 2)

    def test_a_signal_while_the_store_is_opened_ends_serve_at_once(self):
        self.init()
        current = os.path.join(self.data, "CURRENT")
        if not os.path.exists(current):
            current, = glob.glob(os.path.join(self.data, "**", "CURRENT"),
                                 recursive=True)
        os.remove(current)
        os.mkfifo(current)  # Reading it waits for a writer: us.
        for number in (signal.SIGTERM, signal.SIGINT):
            process = harness.start("--data", self.data, "serve",
                                    stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
            writer = os.open(current, os.O_WRONLY)
            process.send_signal(number)
            try:
                out, err = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise
            finally:
                os.close(writer)
            self.assertEqual((process.returncode, out, err), (-number, b"", b""))

    def test_an_import_cut_short_says_what_to_do(self):
        self.init(("abuse", "child-abuse"))
        server = self.serve()
        process = harness.start("--server", server.address, "import", "--list",
                                "abuse", "--format", "pytx", "-",
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        source = random.Random(37)
        for _ in range(20_000):
            line = f"md5 {harness.random_hex(source, 32)}\n"
            process.stdin.write(line.encode())
        process.stdin.flush()
        server.process.kill()
        server.process.wait()
        err = process.communicate(timeout=harness.TIMEOUT_S)[1]
        self.assertEqual(process.returncode, 4, err)
        self.assertRegex(err, rb"at least [0-9,]+ records of it are durable, "
                              rb"and importing it again adds the rest\n$")

    def test_a_server_that_goes_away_ends_a_query_with_4(self):
        self.init()
        server = self.serve()
        process = harness.start("--server", server.address, "query", "--json",
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        process.stdin.write(b"md5 " + b"0" * 32 + b"\n")
        process.stdin.flush()
        self.assertIn(b"verdict", process.stdout.readline())
        server.stop()
        out, err = process.communicate(b"md5 " + b"0" * 32 + b"\n",
                                       timeout=harness.TIMEOUT_S)
        self.assertEqual((process.returncode, out), (4, b""), err)

    def test_tcp_without_certificates_needs_to_be_asked_for(self):
        self.init()
        for address in ("0.0.0.0:0", "127.0.0.1:0"):
            self.fails(self.kenal("serve", "--listen", address), 2,
                       "--insecure-plaintext-tcp")

    def test_serving_at_a_port_and_at_a_socket_of_mode_0600(self):
        self.init()
        server = self.serve()
        path = server.address.removeprefix("unix:")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        server.stop()
        server = self.serve("--listen", "127.0.0.1:0",
                            "--insecure-plaintext-tcp")
        self.assertRegex(server.address, r"^127\.0\.0\.1:[1-9]\d*$")
        self.ok(server.run("stats"))

    def test_a_damaged_store_is_refused_and_left_as_it_is(self):
        self.init(("abuse", "child-abuse"))
        source = random.Random(26)
        lines = [f"pdq {harness.pdq_hex(source)}" for _ in range(5_000)]
        self.import_lines("abuse", *lines)
        self.ok(self.kenal("verify"))
        files = self.files()
        self.assertTrue(files)
        for path in files:
            self.damage(path)
        before = self.state()
        refused = 0
        for words in (["verify"], ["stats"], ["query"]):
            result = self.kenal(*words, stdin=lines[0])
            if result.code:
                self.fails(result, 3)
                refused += 1
        self.assertGreater(refused, 0)
        self.assertEqual(self.kenal("verify").code, 3)
        self.assertEqual(before, self.state())

    def damage(self, path):
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            for at in range(20, max(21, size - 60), 997):
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 0x55]))

    def files(self):
        """Tables, and logs of what is in none yet."""
        return [path for kind in ("sst", "log") for path in
                glob.glob(os.path.join(self.data, "db", "*." + kind))
                if os.path.getsize(path)]

    def state(self):
        content = {}
        for path in self.files():
            with open(path, "rb") as file:
                content[path] = file.read()
        return content


class Outputs(harness.TestCase):

    def test_standard_output_on_a_full_disk_is_an_error(self):
        self.init(("abuse", "child-abuse"))
        kite = self.write("kite.png", harness.picture(27))
        for words in (["hash", kite], ["hash", "--json", kite],
                      ["match", "--json", kite], ["match", kite],
                      ["query", "--json"], ["list", "show"], ["stats"],
                      ["verify"], ["version"], ["--help"], []):
            with self.subTest(words), open("/dev/full", "wb") as full:
                result = self.kenal(*words, stdin="md5 " + "0" * 32,
                                    stdout=full)
                self.fails(result, 5, "standard output", "No space left")

    def test_ingest_keeps_what_it_added_when_its_output_is_full(self):
        self.init(("abuse", "child-abuse"))
        kite = self.write("kite.png", harness.picture(28))
        with open("/dev/full", "wb") as full:
            result = self.kenal("ingest", "--json", "--list", "abuse", kite,
                                stdout=full)
        self.fails(result, 5, "standard output")
        answer, = self.answers(self.kenal("match", "--json", kite))
        self.assertEqual(answer["verdict"], "EXACT")

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        self.init(("abuse", "child-abuse"))
        lines = b"md5 " + b"0" * 32 + b"\n"
        process = harness.start("--data", self.data, "query", "--json",
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        process.stdin.write(lines)
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        try:
            process.stdin.write(lines * 5_000)
        except BrokenPipeError:
            pass
        err = process.stderr.read()
        process.wait(harness.TIMEOUT_S)
        process.stderr.close()
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        self.assertEqual(err, b"")
        self.assertNotEqual(process.returncode, 0)
        self.ok(self.kenal("stats"))

    def test_a_full_disk_stops_an_import_and_keeps_what_was_committed(self):
        disk = self.small_disk("80m")
        if disk is None:
            self.skipTest("mounting a small disk is not permitted here")
        self.data = os.path.join(disk, "store")
        self.init(("abuse", "child-abuse"))
        source = random.Random(29)
        first = [f"pdq {harness.pdq_hex(source)}" for _ in range(1_000)]
        self.import_lines("abuse", *first)
        many = self.write("many.txt", "\n".join(
            f"sha256 {harness.random_hex(source)}" for _ in range(150_000)))
        result = self.kenal("import", "--list", "abuse", "--format", "pytx",
                            many)
        self.fails(result, 5)
        self.assertIn("space", result.messages())
        told = re.search(r"at least ([0-9,]+) records of it are durable",
                         result.messages())
        self.assertTrue(told, result)
        shown, = self.ok(self.kenal("list", "show", "abuse", "--json")).lines()
        self.assertGreaterEqual(shown["active"] - 1_000,
                                int(told.group(1).replace(",", "")))
        answers = self.ask(*first)
        self.assertEqual({a["verdict"] for a in answers}, {"NEAR"})
        self.ok(self.kenal("verify"))


if __name__ == "__main__":
    unittest.main()
