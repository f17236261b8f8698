"""Why two pictures meet, by every way to ask, and policies that decide it."""

import os
import unittest
import xml.dom.minidom

import harness
import test_docs
import test_errors


class Explain(harness.TestCase):

    def setUp(self):
        super().setUp()
        with open(os.path.join(harness.VECTORS, test_docs.BOAT), "rb") as file:
            boat = file.read()
        self.boat = self.write("boat.ppm", boat)
        self.framed = self.write("framed & white.ppm",
                                 test_docs.in_frame(boat, 60))
        self.other = self.write("other.png", harness.picture(5))

    def explain(self, *arguments, ask=harness.run):
        lines = self.ok(ask("explain", "--json", *arguments)).lines()
        self.assertEqual(len(lines), 1)
        return lines[0]

    def nearest(self, *arguments, ask=harness.run):
        return self.explain(*arguments, ask=ask)["views"][0]

    def test_tells_of_one_file_step_by_step(self):
        self.init(("abuse", "child-abuse"), ("off", "test"))
        file = self.write("known.png", harness.picture(1))
        self.ok(self.kenal("ingest", "--list", "abuse", file))
        self.ok(self.kenal("list", "disable", "off", "--reason", "x"))
        near = self.write("near.png", harness.picture(1, brightness=6))
        other = self.write("other.png", harness.picture(2))
        for path, verdict in ((file, "EXACT"), (near, "NEAR"),
                              (other, "NO_KNOWN_MATCH")):
            told = self.ok(self.kenal("--json", "explain", path)).lines()[0]
            asked = self.ok(self.kenal("--json", "match", path)).lines()[0]
            self.assertEqual(told["verdict"], verdict)
            self.assertEqual(asked["verdict"], verdict)
            steps = {one["step"]: one["said"] for one in told["steps"]}
            self.assertEqual(list(steps), ["digests", "picture", "views",
                                           "lists", "checks", "matches",
                                           "verdict"])
            self.assertIn("disabled", " ".join(steps["lists"]))
            self.assertTrue(steps["verdict"][0].startswith(verdict))
        near_said = self.ok(self.kenal("explain", near)).text()
        distance = self.ok(self.kenal("--json", "match", near)).lines()[0][
            "matches"][0]["distance"]
        self.assertIn(f"{distance} of 256 bits differ", near_said)
        text = self.write("a.txt", "nothing")
        refused = self.kenal("explain", text)
        self.assertEqual(refused.code, 1, refused)
        self.assertIn("UNAVAILABLE", refused.text())
        self.fails(self.kenal("explain", file, "--plot", self.path("x.svg")),
                   2, "give B")

    def test_two_pictures_need_no_store(self):
        best = self.nearest(self.framed, self.boat)
        self.assertEqual(best["finding"], "match")
        self.assertEqual(best["transform"]["view"], "trimmed")
        shown = self.ok(harness.run("explain", self.framed, self.boat)).text()
        self.assertIn("They match: A (borders cut off)", shown)
        self.assertIn("review radius 50", shown)
        other = self.nearest(self.other, self.boat)
        self.assertIn(other["finding"], ("too_far", "not_compared"))
        shown = self.ok(harness.run("explain", self.other, self.boat)).text()
        self.assertIn("They do not match", shown)

    def test_it_says_what_more_effort_would_find(self):
        fast = self.explain(self.framed, self.boat, "--effort", "fast")
        left_out = [pair for pair in fast["views"]
                    if pair["finding"] == "not_compared"]
        self.assertLessEqual(left_out[0]["distance"], 31)
        shown = self.ok(harness.run("explain", self.framed, self.boat,
                                    "--effort", "fast")).text()
        self.assertIn("try --effort normal", shown)

    def test_an_entry_is_explained_alike_by_both_routes(self):
        self.init(("demo", "test"))
        self.ok(self.kenal("ingest", "--list", "demo", self.boat))
        here = self.ok(self.kenal("explain", "--json", self.framed, "demo/1"))
        self.assertEqual(here.lines()[0]["views"][0]["finding"], "match")
        self.assertEqual(here.lines()[0]["state"], "active")
        self.ok(self.kenal("entry", "withdraw", "--list", "demo", "1",
                           "--reason", "testing"))
        gone = self.ok(self.kenal("explain", self.framed, "demo/1"))
        self.assertIn("withdrawn", gone.text())
        server = self.serve()
        there = self.ok(server.run("explain", self.framed, "demo/1"))
        self.assertEqual(gone.out, there.out)
        listed = self.explain(self.framed, self.boat, "--list", "demo",
                              ask=server.run)
        self.assertNotIn("review_radius", listed["policy"])

    def test_match_finds_what_explain_says_at_every_effort(self):
        self.init(("demo", "test"))
        self.ok(self.kenal("ingest", "--list", "demo", self.boat))
        for effort in ("fast", "normal", "thorough"):
            with self.subTest(effort):
                why = self.nearest(self.framed, "demo/1", "--effort", effort,
                                   ask=self.kenal)
                answer = self.ok(self.kenal("match", "--json", "--effort",
                                            effort, self.framed)).lines()[0]
                found = [match for match in answer["matches"]
                         if match["signal"] == "pdq"]
                self.assertEqual(len(found), why["finding"] == "match")
                for match in found:
                    self.assertEqual(match["distance"], why["distance"])
                    self.assertEqual(match["transform"], why["transform"])

    def test_of_an_entry_far_distances_are_told_roughly(self):
        self.init(("demo", "test"))
        self.ok(self.kenal("list", "set", "demo", "--second-opinion", "on"))
        self.ok(self.kenal("ingest", "--list", "demo", self.boat))
        server = self.serve()
        told = self.explain(self.framed, "demo/1", ask=server.run)["views"]
        exact = self.explain(self.framed, self.boat)["views"]
        for pair in told:
            if pair["finding"] in ("match", "review"):
                self.assertIn(pair, exact)
                self.assertIn("second_opinion", pair)
            else:
                self.assertEqual(pair["distance"] % 16, 0)
                self.assertNotIn("second_opinion", pair)
        self.assertTrue(any(pair["distance"] % 16 for pair in exact
                            if pair["finding"] == "too_far"))
        shown = self.ok(server.run("explain", self.framed, "demo/1")).text()
        self.assertIn(" ~128 ", shown)
        shown = self.ok(server.run("explain", self.framed, "demo/1",
                                   "--effort", "fast")).text()
        self.assertIn("about 16 bits, which was not compared; try", shown)
        shown = self.ok(harness.run("explain", self.framed, self.boat)).text()
        self.assertNotIn("~", shown)

    def test_json_says_which_side_could_not_be_hashed(self):
        text = self.write("text.txt", b"no picture")
        for a, b, field in ((text, self.boat, "error"),
                            (self.boat, text, "other_error")):
            with self.subTest(field):
                asked = harness.run("explain", "--json", a, b)
                self.fails(asked, 1, "text.txt")
                line, = asked.lines()
                self.assertEqual(line[field + "_code"], "not_a_picture")
                self.assertTrue(line[field])
                self.assertEqual([name for name in line if "error" in name],
                                 [field, field + "_code"])
        cut = test_errors.TRUNCATED
        for a, b, field in ((cut, self.boat, "damaged"),
                            (self.boat, cut, "other_damaged")):
            line = self.explain(a, b)
            self.assertEqual([name for name in line if "damaged" in name],
                             [field])

    def test_the_plot_refers_to_own_files_only(self):
        self.init(("demo", "test"))
        self.ok(self.kenal("ingest", "--list", "demo", self.boat))
        plot = self.path("plots.svg")
        self.ok(harness.run("explain", self.framed, self.boat, "--plot", plot))
        page = xml.dom.minidom.parse(plot)
        images = [image.getAttribute("href")
                  for image in page.getElementsByTagName("image")]
        self.assertEqual(images, ["framed%20%26%20white.ppm", "boat.ppm"])
        self.ok(self.kenal("explain", self.framed, "demo/1", "--plot", plot))
        page = xml.dom.minidom.parse(plot)
        self.assertEqual(len(page.getElementsByTagName("image")), 1)
        self.assertLess(os.path.getsize(plot), 20_000)

    def test_wrong_usage_and_missing_files_are_named(self):
        self.init(("demo", "test"))
        missing = self.path("missing.jpg")
        boat = self.boat
        self.fails(self.kenal("explain", missing, boat), 1, "no such file")
        self.fails(self.kenal("explain", boat, missing), 2, "LIST/NUMBER")
        self.fails(self.kenal("explain", boat, "demo/1"), 2)
        self.fails(self.kenal("explain", boat, "nope/1"), 2)
        self.fails(self.kenal("explain", boat, "demo/1", "--list", "demo"), 2,
                   "leave out --list")
        self.fails(self.kenal("explain", boat, boat, "--list", "nope"), 2)
        self.fails(self.kenal("explain", boat, boat, "--effort", "huge"), 2,
                   "fast, normal, thorough")
        self.fails(self.kenal("explain", boat, boat, "--plot", "x.png"), 2,
                   ".svg")
        for word in ("ab" * 16, "ab" * 16 + "/1", "demo/source:" + "ab" * 16):
            wrong = self.fails(self.kenal("explain", boat, word), 2)
            self.assertNotIn("abab", wrong.messages())
        for word in ("ab" * 16, "./" + "AB" * 32, "AB" * 32 + ".jpg"):
            for asked in ((word, boat), (boat, word), (word, word)):
                wrong = self.fails(harness.run("explain", *asked), 2)
                self.assertNotIn("abab", wrong.messages().lower())
                self.assertNotIn("abab", wrong.text().lower())
        named = self.write("ab" * 16 + ".ppm", b"no picture")
        self.fails(harness.run("explain", named, boat), 1, named)
        picture = self.write("own.svg", harness.picture(1))
        self.fails(self.kenal("explain", picture, boat, "--plot", picture), 2,
                   "overwrite")
        self.fails(self.kenal("explain", boat, boat, "--plot",
                              self.path("none", "x.svg")), 4, "x.svg")


class Policies(harness.TestCase):

    # Without when and at which sequence it was changed last.
    def show(self, name):
        shown = self.ok(self.kenal("--json", "list", "show", name)).lines()[0]
        self.assertGreater(shown.pop("version"), 0)
        shown.pop("changed")
        return shown

    def test_set_changes_what_is_given_and_leaves_the_rest(self):
        self.init(("demo", "test"))
        new = self.show("demo")
        self.ok(self.kenal("list", "set", "demo", "--review-radius", "50"))
        self.assertEqual(self.show("demo"), {**new, "review_radius": 50})
        self.ok(self.kenal("list", "set", "demo", "--effort", "fast",
                           "--views", "1:1", "--second-opinion", "on"))
        self.assertEqual(self.show("demo"), {
            **new, "review_radius": 50, "effort": "fast",
            "stored_views": ["stored", "upright", "1:1"],
            "second_opinion": True})
        self.ok(self.kenal("list", "set", "demo", "--review-radius", "none",
                           "--radius", "12"))
        self.assertEqual(self.show("demo")["radius"], 12)
        self.assertNotIn("review_radius", self.show("demo"))

    def test_what_is_wrong_is_refused_and_changes_nothing(self):
        self.init(("demo", "test"))
        new = self.show("demo")
        for wrong in (["--review-radius", "31"], ["--review-radius", "64"],
                      ["--review-radius", "many"], ["--effort", "huge"],
                      ["--views", "sideways"], ["--second-opinion", "maybe"],
                      ["--views", ""], ["--effort", ""], ["--views", "turned"],
                      ["--review-radius", ""], ["--second-opinion", ""],
                      ["--radius", "50", "--review-radius", "40"]):
            with self.subTest(wrong):
                self.fails(self.kenal("list", "set", "demo", *wrong), 2)
                self.fails(self.kenal("list", "create", "x", "--purpose",
                                      "test", *wrong), 2)
        self.assertEqual(self.show("demo"), new)

    def test_a_review_hit_is_near_marked_and_counted(self):
        self.init()
        known = "0f" * 32
        # 40 bits away.
        asked = "f0" * 5 + "0f" * 27
        self.write("known.txt", f"pdq {known}\n")
        for purpose, verdict in (("child-abuse", "NEAR"), ("test", "TEST")):
            with self.subTest(purpose):
                name = "l-" + purpose
                self.ok(self.kenal("list", "create", name, "--purpose",
                                   purpose, "--review-radius", "50"))
                self.ok(self.kenal("import", "--list", name, "--format", "pytx",
                                   "--source", "x", self.path("known.txt")))
                line = f"pdq {asked} 100\n"
                answer = self.ok(self.kenal("query", "--json",
                                            stdin=line)).lines()[0]
                self.assertEqual(answer["verdict"], verdict)
                self.assertEqual(answer["tier"], "review")
                self.assertEqual(answer["matches"][0]["tier"], "review")
                shown = self.kenal("query", "--fail-on-match", stdin=line)
                self.assertEqual(shown.code, 10)
                self.assertIn(f"{verdict} (review)", shown.text())
                self.ok(self.kenal("list", "disable", name))


if __name__ == "__main__":
    unittest.main()
