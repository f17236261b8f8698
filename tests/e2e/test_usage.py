"""What a person sees who does not know the command line yet."""

import json
import os
import unittest

import harness
import test_docs

SUBCOMMANDS = [
    ["init"], ["list"], ["list", "create"], ["list", "set"], ["list", "show"],
    ["list", "enable"], ["list", "disable"], ["ingest"], ["import"],
    ["entry"], ["entry", "show"], ["entry", "withdraw"], ["entry", "dispute"],
    ["entry", "label"], ["watch"], ["whoami"], ["certs"], ["certs", "client"],
    ["hash"], ["match"], ["query"], ["explain"], ["serve"], ["stats"], ["verify"],
    ["version"], ["convert"], ["calibrate"], ["backup"], ["backup", "create"],
    ["backup", "list"], ["backup", "check"], ["backup", "restore"],
    ["backup", "prune"], ["compact"], ["rebuild-index"], ["known-good"],
    ["known-good", "add"], ["known-good", "list"], ["known-good", "check"],
    ["known-good", "remove"],
]


class Usage(harness.TestCase):

    def test_alone_it_shows_an_overview_of_all_subcommands(self):
        alone = self.ok(harness.run())
        for words in SUBCOMMANDS:
            self.assertIn(f"  {words[0]} ", alone.text())
        self.assertEqual(alone.err, b"")
        self.assertEqual(alone.out, harness.run("--help").out)

    def test_each_subcommand_explains_itself_with_an_example(self):
        for words in SUBCOMMANDS:
            with self.subTest(words):
                shown = self.ok(harness.run(*words, "--help"))
                self.assertIn("Example:\n  ", shown.text())
                self.assertIn("kenal", shown.text())
                self.assertIn("Usage: ", shown.text())
                self.assertEqual(shown.err, b"")
                for line in shown.text().splitlines():
                    self.assertLessEqual(len(line), 100, line)

    def test_wrong_usage_exits_with_2_and_says_where_to_look(self):
        wrong = [["frobnicate"], ["match"], ["match", "--frobnicate", "x"],
                 ["match", "--limit", "0", "x"],
                 ["match", "--limit", "many", "x"],
                 ["list"], ["list", "create", "x"], ["import", "x"],
                 ["import", "--list", "x", "--format", "word", "x"],
                 ["entry", "withdraw", "--list", "x", "1"],
                 ["explain"], ["list", "set"],
                 ["list", "set", "x", "--second-opinion", "maybe"],
                 ["list", "set", "x", "--shadow", "maybe"],
                 ["match", "--work-class", "maintenance", "x"],
                 ["entry", "label", "--list", "x", "1", "--clear"]]
        for arguments in wrong:
            with self.subTest(arguments):
                result = harness.run(*arguments)
                self.fails(result, 2, "--help")
                self.assertEqual(len(result.messages().splitlines()), 1)

    def test_a_missing_or_unknown_subcommand_is_answered_with_the_known(self):
        for words in (["list"], ["entry"], ["certs"]):
            known = [w[1] for w in SUBCOMMANDS if w[:1] == words and w[1:]]
            self.fails(harness.run(*words), 2, "which subcommand?", *known)
            self.fails(harness.run(*words, "frobnicate"), 2,
                       "no such subcommand: frobnicate", *known)
        secret = harness.run("list", "ab" * 32)
        self.fails(secret, 2, "no such subcommand")
        self.assertNotIn("ab" * 20, secret.messages())

    def test_an_argument_too_many_that_may_be_a_hash_is_not_repeated(self):
        result = harness.run("query", "pdq", "ab" * 32)
        self.fails(result, 2)
        self.assertNotIn("abab", result.messages())
        result = harness.run("ab" * 32)
        self.fails(result, 2, "no such subcommand")
        self.assertNotIn("abab", result.messages())

    def test_no_message_about_usage_repeats_what_may_be_a_hash(self):
        self.init(("abuse", "child-abuse"))
        picture = self.write("a.png", harness.picture(71))
        for digits in (32, 40, 64):
            word = ("d41d8cd9" * 8)[:digits]
            wrong = [["match", "--limit", word, picture],
                     ["match", f"--limit={word}", picture],
                     ["match", "--workers", word, picture],
                     ["match", f"--fail-on-match={word}", picture],
                     ["match", "--" + word, picture], ["match", "-" + word],
                     ["import", "--list", "abuse", "--format", word, picture],
                     ["import", "--list", word, "--format", "pytx", picture],
                     ["ingest", "--list", word, picture],
                     ["entry", "show", "--list", word, "1"],
                     ["entry", "withdraw", "--list", word, "1", "--reason",
                      "r"],
                     ["list", "show", word], ["list", "enable", word],
                     ["list", "disable", word], ["list", word],
                     ["list", "create", "x", "--purpose", word],
                     ["list", "create", "x", "--purpose", "test", "--radius",
                      word],
                     ["list", "create", word + word + word, "--purpose",
                      "test"],
                     ["entry", word], ["stats", word], [word, "stats"],
                     ["query", "--limit", word]]
            for arguments in wrong:
                with self.subTest(arguments):
                    result = self.kenal(*arguments)
                    self.fails(result, 2)
                    self.assertNotIn("d41d8", result.messages())
        self.fails(self.kenal("list", "show", "absent"), 2, "absent")
        self.fails(self.kenal("list", "show", "d41d8cd9" * 4), 2,
                   "(a word of 32 bytes)")

    def test_the_text_of_hash_is_of_whole_pictures_only(self):
        with open(os.path.join(harness.VECTORS, test_docs.BOAT), "rb") as file:
            framed = test_docs.in_frame(file.read(), 60)
        path = self.write("framed.ppm", framed)
        for effort in ("normal", "thorough"):
            asked = ("hash", "--dihedral", "--effort", effort, path)
            pdq = self.ok(harness.run("--json", *asked)).lines()[0]
            pdq = pdq["signals"]["pdq"]
            self.assertIn("trimmed", pdq["views"])
            shown = self.ok(harness.run(*asked)).text()
            hashes = [line.split()[1] for line in shown.splitlines()
                      if line.startswith("pdq ")]
            self.assertEqual(hashes,
                             [pdq["hex"], *pdq["dihedral"].values()])

    def test_a_store_has_to_be_named_and_only_once(self):
        self.fails(harness.run("stats"), 2, "--data", "--server", "KENAL_DATA")
        self.fails(harness.run("--data", "x", "--server", "y", "stats"), 2,
                   "--data and --server")
        both = harness.environment(KENAL_DATA="x", KENAL_SERVER="y")
        self.fails(harness.run("stats", env=both), 2, "KENAL_DATA")

    def test_a_server_cannot_init_or_serve(self):
        for words in (["init"], ["serve"]):
            self.fails(harness.run("--server", "unix:/x", *words), 2, "--data")

    def test_global_options_go_before_and_after_and_into_the_environment(self):
        self.init()
        here = self.ok(harness.run("--data", self.data, "--json", "verify"))
        self.assertEqual(
            here.out,
            harness.run("verify", "--json", "--data", self.data).out)
        from_environment = harness.run(
            "verify", "--json", env=harness.environment(KENAL_DATA=self.data))
        self.assertEqual(here.out, from_environment.out)
        nested = self.ok(harness.run("list", "create", "a", "--purpose", "test",
                                     "--json", "--data", self.data))
        self.assertEqual(nested.lines()[0]["list"], "a")
        # What is said on the command line goes first.
        elsewhere = harness.environment(KENAL_SERVER="unix:/nowhere")
        self.ok(harness.run("stats", "--data", self.data, env=elsewhere))

    def test_version_is_told_for_people_and_scripts(self):
        text = self.ok(harness.run("version")).text()
        version = json.loads(harness.run("version", "--json").out)["version"]
        self.assertEqual(text, f"kenal {version}\n")
        self.assertRegex(version, r"^\d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
