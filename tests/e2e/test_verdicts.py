"""From lists and pictures to verdicts, asked in this process and of a server."""

import random
import unittest

import harness

DIGESTS = ("md5", "sha1", "sha256")


class Verdicts(harness.TestCase):

    def setUp(self):
        super().setUp()
        self.random = random.Random(self.id())

    def only(self, *lines, code=0):
        answers = self.ask(*lines, code=code)
        self.assertEqual(len(answers), len(lines))
        return answers[0] if len(answers) == 1 else answers

    def test_a_list_of_exactly_one_entry_matches_to_its_radius(self):
        self.init(("abuse", "child-abuse"))
        known = harness.pdq_hex(self.random)
        self.assertEqual(self.import_lines("abuse", "pdq " + known)["added"], 1)
        for bits in (0, 1, 30, 31, 32, 33):
            answer = self.only("pdq " + harness.flip(known, bits))
            with self.subTest(bits):
                if bits > 31:
                    self.assertEqual(answer["verdict"], "NO_KNOWN_MATCH")
                    self.assertEqual(answer["matches"], [])
                    continue
                self.assertEqual(answer["verdict"], "NEAR")
                match, = answer["matches"]
                self.assertEqual(match["distance"], bits)
                self.assertEqual(match["list"], "abuse")
                self.assertEqual(match["signal"], "pdq")
                self.assertEqual(match["transform"], {
                    "view": "stored", "variant": "orig",
                    "entry_view": "stored", "entry_variant": "orig"})

    def test_each_list_has_a_radius_of_its_own(self):
        self.init()
        known = harness.pdq_hex(self.random)
        for name, radius in (("a0", 0), ("a31", 31), ("a32", 32), ("a63", 63)):
            self.ok(self.kenal("list", "create", name, "--purpose",
                               "child-abuse", "--radius", str(radius)))
            self.import_lines(name, "pdq " + known)
        for bits, expected in ((0, ["a0", "a31", "a32", "a63"]),
                               (31, ["a31", "a32", "a63"]),
                               (32, ["a32", "a63"]), (63, ["a63"]), (64, [])):
            answer = self.only("pdq " + harness.flip(known, bits))
            self.assertEqual([m["list"] for m in answer["matches"]], expected)
        wide = self.kenal("list", "create", "b", "--purpose", "test",
                          "--radius", "64")
        self.fails(wide, 2, "63")

    def test_what_a_list_is_for_makes_the_verdict(self):
        purposes = {"child-abuse": "EXACT", "own-decisions": "NO_KNOWN_MATCH",
                    "known-benign": "NO_KNOWN_MATCH", "test": "TEST"}
        self.init(*((purpose, purpose) for purpose in purposes))
        for purpose, verdict in purposes.items():
            for kind, digits in (("md5", 32), ("sha1", 40), ("sha256", 64)):
                line = f"{kind} {harness.random_hex(self.random, digits)}"
                self.import_lines(purpose, line)
                answer = self.only(line)
                self.assertEqual(answer["verdict"], verdict)
                match, = answer["matches"]
                self.assertEqual(match["purpose"], purpose)
                self.assertEqual(match["distance"], 0)
                self.assertNotIn("transform", match)
                self.assertEqual(answer["checks"][kind]["state"], "done")
                self.assertEqual(answer["checks"]["pdq"]["state"],
                                 "not_applicable")

    def test_a_known_benign_hit_hides_nothing(self):
        self.init(("good", "known-benign"), ("bad", "child-abuse"))
        line = "md5 " + harness.random_hex(self.random, 32)
        self.import_lines("good", line)
        self.import_lines("bad", line)
        answer = self.only(line)
        self.assertEqual(answer["verdict"], "EXACT")
        self.assertEqual([m["list"] for m in answer["matches"]],
                         ["bad", "good"])

    def test_a_purpose_of_ones_own_is_refused(self):
        self.init()
        self.fails(self.kenal("list", "create", "x", "--purpose", "terror"), 2,
                   "child-abuse", "own-decisions", "known-benign", "test")

    def test_a_disabled_list_is_not_asked_and_the_answer_says_so(self):
        self.init(("abuse", "child-abuse"))
        line = "md5 " + harness.random_hex(self.random, 32)
        self.import_lines("abuse", line)
        self.ok(self.kenal("list", "disable", "abuse", "--reason", "review"))
        answer = self.only(line)
        self.assertEqual(answer["verdict"], "NO_KNOWN_MATCH")
        self.assertEqual(answer["matches"], [])
        self.assertEqual(answer["lists_skipped"],
                         [{"list": "abuse", "reason": "disabled"}])
        self.ok(self.kenal("list", "enable", "abuse"))
        self.assertEqual(self.only(line)["verdict"], "EXACT")

    def test_withdrawn_entries_never_match_again_even_when_added_again(self):
        self.init(("abuse", "child-abuse"))
        known = harness.pdq_hex(self.random)
        line = "pdq " + known
        self.import_lines("abuse", line)
        entry = self.only(line)["matches"][0]["entry"]
        shown, = self.ok(self.kenal("--json", "entry", "withdraw", "--list",
                                    "abuse", entry, "--reason",
                                    "by mistake")).lines()
        self.assertEqual(shown["outcome"], "state_changed")
        self.assertEqual(self.only(line)["verdict"], "NO_KNOWN_MATCH")
        again = self.import_lines("abuse", line)
        self.assertEqual((again["added"], again["kept_withdrawn"]), (0, 1))
        self.assertEqual(self.only(line)["verdict"], "NO_KNOWN_MATCH")
        self.assertEqual(self.only("pdq " + harness.flip(known, 4))["matches"],
                         [])
        entry_shown, = self.ok(self.kenal("--json", "entry", "show", "--list",
                                          "abuse", entry)).lines()
        self.assertEqual(entry_shown["state"], "withdrawn")
        self.assertEqual(entry_shown["state_reason"], "by mistake")

    def test_withdrawing_one_listing_leaves_others_of_the_same_picture(self):
        self.init(("abuse", "child-abuse"))
        kite = self.write("kite.png", harness.picture(5))
        ingest = ["ingest", "--json", "--list", "abuse", kite]
        first, = self.ok(self.kenal(*ingest)).lines()
        md5 = harness.run("hash", "--json", kite).lines()[0]["signals"]["md5"]
        self.import_lines("abuse", "md5 " + md5)
        withdraw = ["entry", "withdraw", "--list", "abuse", "--reason", "r"]
        self.ok(self.kenal(*withdraw, first["entry"]))
        again, = self.ok(self.kenal(*ingest)).lines()
        self.assertEqual(again["outcome"], "kept_withdrawn")
        answer, = self.answers(self.kenal("match", "--json", kite))
        self.assertEqual(answer["verdict"], "EXACT")
        match, = answer["matches"]
        self.assertNotEqual(match["entry"], first["entry"])
        self.ok(self.kenal(*withdraw, match["entry"]))
        answer, = self.answers(self.kenal("match", "--json", kite))
        self.assertEqual(answer["verdict"], "NO_KNOWN_MATCH")

    def test_disputed_entries_match_and_say_so(self):
        self.init(("abuse", "child-abuse"))
        line = "pdq " + harness.pdq_hex(self.random)
        self.import_lines("abuse", line)
        entry = self.only(line)["matches"][0]["entry"]
        self.ok(self.kenal("entry", "dispute", "--list", "abuse", entry,
                           "--reason", "under review"))
        answer = self.only(line)
        self.assertEqual(answer["verdict"], "NEAR")
        self.assertEqual(answer["matches"][0]["state"], "disputed")

    def test_flat_pictures_make_no_near_match_and_the_answer_says_so(self):
        self.init(("abuse", "child-abuse"))
        known = harness.pdq_hex(self.random)
        self.import_lines("abuse", f"pdq {known}")
        for quality, verdict in ((100, "NEAR"), (50, "NEAR"),
                                 (49, "NO_KNOWN_MATCH"),
                                 (0, "NO_KNOWN_MATCH")):
            answer = self.only(f"pdq {known} {quality}")
            self.assertEqual(answer["verdict"], verdict, quality)
            state = "done" if quality > 49 else "not_applicable"
            self.assertEqual(answer["checks"]["pdq"]["state"], state)
        unknown = self.only(f"pdq {known}")
        self.assertEqual(unknown["verdict"], "NEAR")
        self.assertIn("quality", unknown["checks"]["pdq"]["reason"])

    def test_flat_pictures_are_still_known_by_their_bytes(self):
        self.init(("abuse", "child-abuse"))
        flat = self.write("flat.png", harness.flat_picture())
        self.ok(self.kenal("ingest", "--list", "abuse", flat))
        answer, = self.answers(self.kenal("match", "--json", flat))
        self.assertEqual(answer["verdict"], "EXACT")
        self.assertEqual({m["signal"] for m in answer["matches"]}, set(DIGESTS))
        other = self.write("other.png", harness.flat_picture(level=91))
        answer, = self.answers(self.kenal("match", "--json", other))
        self.assertEqual(answer["verdict"], "NO_KNOWN_MATCH")

    def test_the_limit_cuts_what_is_shown_and_not_the_verdict(self):
        self.init(("abuse", "child-abuse"), ("try", "test"))
        known = harness.pdq_hex(self.random)
        lines = [f"pdq {harness.flip(known, bits)}" for bits in range(20)]
        self.import_lines("try", *lines)
        self.import_lines("abuse", *lines[10:])
        result = self.kenal("query", "--json", "--limit", "3",
                            stdin=f"pdq {known}\n")
        answer, = self.answers(result)
        self.assertEqual(answer["verdict"], "NEAR")
        self.assertEqual(answer["match_count"], 30)
        self.assertTrue(answer["truncated"])
        self.assertEqual([(m["list"], m["distance"])
                          for m in answer["matches"]],
                         [("abuse", 10), ("abuse", 11), ("abuse", 12)])

    def test_an_altered_picture_is_near_and_a_turned_one_says_how(self):
        self.init(("abuse", "child-abuse"))
        original = self.write("original.png", harness.picture(1))
        self.ok(self.kenal("ingest", "--list", "abuse", original))
        brighter = self.write("brighter.png",
                              harness.picture(1, brightness=9))
        larger = self.write("larger.png", harness.picture(1, side=128))
        for path in (brighter, larger):
            answer, = self.answers(self.kenal("match", "--json", path))
            self.assertEqual(answer["verdict"], "NEAR", answer)
        other = self.write("other.png", harness.picture(2))
        answer, = self.answers(self.kenal("match", "--json", other))
        self.assertEqual(answer["verdict"], "NO_KNOWN_MATCH")

        bridge = harness.VECTORS + "/upstream/bridge-mods/aaa-orig.jpg"
        turned = (harness.VECTORS +
                  "/upstream/reg-test-input/dih/bridge-2-rotate-90.jpg")
        self.ok(self.kenal("ingest", "--list", "abuse", bridge))
        answer, = self.answers(self.kenal("match", "--json", turned))
        self.assertEqual(answer["verdict"], "NEAR")
        self.assertIn(answer["matches"][0]["transform"]["variant"],
                      ("rot90", "rot270"))

    def test_entries_tell_on_whose_word_they_are_there(self):
        self.init(("abuse", "child-abuse"))
        kite = self.write("kite.png", harness.picture(3))
        self.ok(self.kenal("ingest", "--list", "abuse", "--source", "a hotline",
                           kite))
        lake = self.write("lake.png", harness.picture(4))
        self.ok(self.kenal("ingest", "--list", "abuse", "--no-paths", lake))
        first, = self.answers(self.kenal("match", "--json", kite))
        provenance = first["matches"][0]["provenance"]
        self.assertEqual(provenance["source"], "a hotline")
        self.assertEqual(provenance["reference"], kite)
        second, = self.answers(self.kenal("match", "--json", lake))
        provenance = second["matches"][0]["provenance"]
        self.assertIn("@", provenance["source"])
        self.assertNotIn("reference", provenance)
        shown, = self.ok(self.kenal("--json", "entry", "show", "--list",
                                    "abuse",
                                    first["matches"][0]["entry"])).lines()
        self.assertEqual([s["type"] for s in shown["signals"]],
                         ["pdq", *DIGESTS])

    def test_fail_on_match_tells_by_its_exit_code(self):
        self.init(("abuse", "child-abuse"), ("good", "known-benign"))
        hit = "md5 " + harness.random_hex(self.random, 32)
        benign = "md5 " + harness.random_hex(self.random, 32)
        self.import_lines("abuse", hit)
        self.import_lines("good", benign)
        for lines, code in (([hit], 10), ([benign], 0), (["md5 x"], 1),
                            ([hit, "md5 x"], 11)):
            result = self.kenal("query", "--fail-on-match", "--json",
                                stdin="\n".join(lines))
            self.assertEqual(result.code, code, result)
        plain = self.kenal("query", stdin=hit)
        self.assertEqual(plain.code, 0, plain)

    # A known-benign match comes before one of a test list.
    def test_fail_on_match_looks_at_every_match_whatever_the_verdict(self):
        self.init(("good", "known-benign"), ("own", "own-decisions"),
                  ("try", "test"))
        md5s = {name: harness.random_hex(self.random, 32)
                for name in ("good", "own", "try")}
        both = harness.random_hex(self.random, 32)
        for name, md5 in md5s.items():
            self.import_lines(name, "md5 " + md5, "md5 " + both)
        for md5, code in ((md5s["good"], 1), (md5s["own"], 11),
                          (md5s["try"], 11), (both, 11)):
            line = f'{{"signals":{{"md5":"{md5}"}},"error":"unreadable"}}'
            result = self.kenal("query", "--fail-on-match", "--json",
                                stdin=line)
            self.assertEqual(result.code, code, result)
            self.assertEqual(result.lines()[0]["verdict"], "UNAVAILABLE")
        self.assertEqual(self.kenal("query", "--fail-on-match",
                                    stdin="md5 " + md5s["own"]).code, 10)

    def test_the_largest_limit_is_kept_with_many_inputs_at_once(self):
        self.init(("abuse", "child-abuse"))
        known = harness.random_hex(self.random, 32)
        self.import_lines("abuse", "md5 " + known)
        lines = [f"md5 {known}"] * 40
        server = self.serve()
        for limit in ("1000000", "300000", "1000"):
            result = server.run("query", "--json", "--limit", limit,
                                stdin="\n".join(lines))
            self.assertEqual([a["verdict"] for a in self.answers(result)],
                             ["EXACT"] * 40)
        server.stop()
        result = self.kenal("query", "--json", "--limit", "1000000",
                            stdin="\n".join(lines))
        self.assertEqual(len(self.answers(result)), 40)


if __name__ == "__main__":
    unittest.main()
