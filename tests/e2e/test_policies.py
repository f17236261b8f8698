"""Policies, own decisions, labels and changes, on a folder and by a server."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import unittest

import harness

MD5 = "00112233445566778899aabbccddeeff"


class Policies(harness.TestCase):

    def show(self, name):
        return self.ok(self.kenal("--json", "list", "show", name)).lines()[0]

    def set(self, name, *flags):
        return self.ok(self.kenal("--json", "list", "set", name, *flags)
                       ).lines()[0]

    def abuse_list(self, seed, *flags):
        """A list with one PDQ and one MD5; gives the PDQ."""
        pdq = harness.pdq_hex(random.Random(seed))
        self.ok(self.kenal("init"))
        self.ok(self.kenal("list", "create", "abuse", "--purpose",
                           "child-abuse", *flags))
        self.import_lines("abuse", f"pdq {pdq} 100", f"md5 {MD5}")
        return pdq

    def test_every_part_of_a_policy_is_set_shown_and_left_alone(self):
        self.init(("a", "test"))
        before = self.show("a")
        after = self.set("a", "--action-label", "look", "--share", "12.5",
                         "--share-seed", "7", "--region", "US,ID,US",
                         "--expires", "2099-01-31", "--shadow", "on")
        changed = {"action_label": "look", "share_permille": 125,
                   "share_seed": 7, "regions": ["ID", "US"],
                   "expires": "2099-01-31T00:00:00Z", "shadow": True}
        self.assertEqual(after, before | changed |
                         {"version": 2, "changed": after["changed"]})
        self.assertEqual(self.set("a"), after)
        text = self.ok(self.kenal("list", "show", "a")).text()
        for part in ("look", "12.5 %, seed 7", "ID,US",
                     "2099-01-31T00:00:00Z", "shadow"):
            self.assertIn(part, text)
        back = self.set("a", "--action-label", "none", "--share", "100%",
                        "--share-seed", "0", "--region", "all",
                        "--expires", "never", "--shadow", "off")
        self.assertEqual(back, before |
                         {"version": 3, "changed": back["changed"]})

    def test_wrong_values_are_refused_with_what_is_taken(self):
        self.init(("a", "test"))
        for flag, value, says in [
                ("--action-label", "Block!", "1 to 64 of a-z 0-9 _ -"),
                ("--action-label", "", "--action-label takes a label"),
                ("--action-label", "a" * 65, "1 to 64 of a-z 0-9 _ -"),
                ("--share", "101", "0 to 100 percent"),
                ("--share", "100.1", "0 to 100 percent"),
                ("--share", "-1", "0 to 100 percent"),
                ("--share", "1.25", "one decimal"),
                ("--share", "1.", "one decimal"),
                ("--share", "", "0 to 100 percent"),
                ("--share", "half", "0 to 100 percent"),
                ("--region", "us", "two letters A-Z"),
                ("--region", "US,", "two letters A-Z"),
                ("--region", "", "two letters A-Z"),
                ("--expires", "tomorrow", "2027-01-31T09:30:00Z"),
                ("--expires", "2027-02-30", "2027-01-31T09:30:00Z"),
                ("--expires", "2027-01-31T25:00:00Z", "2027-01-31T09:30:00Z")]:
            with self.subTest([flag, value]):
                self.fails(self.kenal("list", "set", "a", flag, value), 2, says)
        self.fails(self.kenal("list", "set", "a", "--shadow", "maybe"), 2,
                   "--shadow")
        self.assertEqual(self.show("a")["version"], 1)

    def test_own_decisions_are_about_the_same_picture_unless_set(self):
        self.init(("own", "own-decisions"), ("abuse", "child-abuse"))
        self.assertEqual(self.show("own")["radius"], 0)
        self.assertEqual(self.show("abuse")["radius"], 31)
        self.ok(self.kenal("list", "create", "wide", "--purpose",
                           "own-decisions", "--radius", "8"))
        self.assertEqual(self.show("wide")["radius"], 8)

    def test_an_own_decision_changes_the_label_and_never_the_verdict(self):
        pdq = self.abuse_list(1, "--action-label", "report")
        near = harness.flip(pdq, 6)
        self.ok(self.kenal("list", "create", "own", "--purpose",
                           "own-decisions", "--action-label", "allow"))
        line = json.dumps({"signals": {"pdq": {"hex": near, "quality": 100}},
                           "overrules": "abuse/1"})
        file = self.write("own.json", line + "\n")
        self.ok(self.kenal("import", "--list", "own", "--format", "json", file))
        answers = self.ask(f"pdq {near} 100", f"pdq {pdq} 100", f"md5 {MD5}")
        self.assertEqual([a["verdict"] for a in answers],
                         ["NEAR", "NEAR", "EXACT"])
        match = answers[0]["matches"][0]
        self.assertEqual((match["list"], match["action_label"],
                          match["overruled_by"]),
                         ("abuse", "allow", {"list": "own", "entry": "1"}))
        for answer in answers[1:]:
            match = answer["matches"][0]
            self.assertEqual(match["action_label"], "report")
            self.assertNotIn("overruled_by", match)
        text = self.ok(self.kenal("query", stdin=f"pdq {near} 100\n")).text()
        self.assertIn("allow (overruled by own/1)", text)
        shown = self.ok(self.kenal("--json", "entry", "show", "--list", "own",
                                   "1")).lines()[0]
        self.assertEqual(shown["overrules"], "abuse/1")

    def test_what_overrules_nothing_that_is_there_is_refused(self):
        pdq = self.abuse_list(2)
        self.ok(self.kenal("list", "create", "own", "--purpose",
                           "own-decisions"))
        lines = [{"signals": {"pdq": {"hex": pdq}}, "overrules": name}
                 for name in ("abuse/99", "nowhere/1", "own/1", "nothing")]
        file = self.write("own.json",
                          "".join(json.dumps(line) + "\n" for line in lines))
        result = self.kenal("--json", "import", "--list", "own", "--format",
                            "json", file)
        self.assertEqual(result.code, 1, result)
        report = result.lines()[0]
        self.assertEqual((report["read"], report["added"], report["refused"]),
                         (4, 0, 4), report)
        for flag in ("abuse", "abuse/", "/1", "!/1"):
            self.fails(self.kenal("import", "--list", "own", "--format", "json",
                                  "--overrules", flag, file), 2, "--overrules")

    def test_lines_of_json_bring_what_they_say_of_an_entry(self):
        self.init(("a", "test"))
        line = {"signals": {"md5": MD5}, "source_id": "case-2",
                "classifications": [{"scheme": "s", "raw_value": "A1"}],
                "series": "x", "flags": ["f", "g"]}
        bad = [{"signals": {"md5": MD5}, "unknown": 1},
               {"signals": {}}, {"signals": {"md5": "00"}},
               {"signals": {"md5": MD5}, "flags": "f"},
               {"signals": {"md5": MD5}, "classifications": [{"scheme": "s"}]},
               {"error": "no picture", "error_code": "empty"}]
        lines = [json.dumps(line), "", "not json", "[" * 100_000]
        lines += [json.dumps(each) for each in bad]
        file = self.write("lines.json", "\n".join(lines))
        result = self.kenal("--json", "import", "--list", "a", "--format",
                            "json", "--source", "me", file)
        self.assertEqual(result.code, 1, result)
        report = result.lines()[0]
        self.assertEqual((report["added"], report["refused"]),
                         (1, 2 + len(bad)), report)
        shown = self.ok(self.kenal("--json", "entry", "show", "--list", "a",
                                   "source:case-2")).lines()[0]
        for name in ("source_id", "classifications", "series", "flags"):
            self.assertEqual(shown[name], line[name])
        self.assertEqual(shown["provenance"]["source"], "me")

    def test_hashes_of_pictures_are_imported_as_they_are_ingested(self):
        self.init(("a", "test"), ("b", "test"))
        picture = self.write("p.png", harness.picture(3))
        hashes = self.ok(harness.run("hash", "--json", "--dihedral", picture))
        self.ok(self.kenal("import", "--list", "a", "--format", "json", "-",
                           stdin=hashes.out))
        self.ok(self.kenal("ingest", "--list", "b", picture))
        answer = self.answers(self.kenal("--json", "match", picture))[0]
        by_list = {name: [(m["signal"], m["distance"], m.get("transform"))
                          for m in answer["matches"] if m["list"] == name]
                   for name in "ab"}
        self.assertEqual(len(by_list["a"]), 4)
        self.assertEqual(by_list["a"], by_list["b"])

    def test_an_entrys_label_is_for_its_near_matches_until_it_is_cleared(self):
        pdq = self.abuse_list(4, "--action-label", "report")

        def labels():
            answers = self.ask(f"pdq {pdq} 100", f"md5 {MD5}")
            return [a["matches"][0]["action_label"] for a in answers]

        label = ["entry", "label", "--list", "abuse", "1", "2"]
        why = ["--reason", "met too often"]
        self.assertEqual(labels(), ["report", "report"])
        self.ok(self.kenal(*label, "--label", "review", *why))
        self.assertEqual(labels(), ["review", "report"])
        shown = self.ok(self.kenal("entry", "show", "--list", "abuse", "1"))
        self.assertIn("near label    review", shown.text())
        self.ok(self.kenal(*label, "--clear", *why))
        self.assertEqual(labels(), ["report", "report"])
        for wrong in ([], ["--label", "x", "--clear"], ["--label", ""],
                      ["--label", "No!"]):
            with self.subTest(wrong):
                self.fails(self.kenal(*label, *wrong, *why), 2)
        self.fails(self.kenal(*label, "--label", "x"), 2, "--reason")
        missing = self.kenal("entry", "label", "--list", "abuse", "99",
                             "--clear", *why)
        self.fails(missing, 1, "99")

    def test_a_list_in_shadow_shows_matches_that_count_for_nothing(self):
        pdq = self.abuse_list(5, "--shadow", "on")
        query = ["query", "--json", "--fail-on-match"]
        answer = self.answers(self.kenal(*query, stdin=f"pdq {pdq} 100\n"))[0]
        self.assertEqual(answer["verdict"], "NO_KNOWN_MATCH")
        self.assertTrue(answer["matches"][0]["shadow"])
        self.set("abuse", "--shadow", "off")
        answer = self.answers(self.kenal(*query, stdin=f"pdq {pdq} 100\n"),
                              code=10)[0]
        self.assertEqual(answer["verdict"], "NEAR")
        self.assertNotIn("shadow", answer["matches"][0])

    def test_lists_are_skipped_by_region_share_and_expiry(self):
        pdq = self.abuse_list(6)

        def asked(*flags):
            result = self.kenal("query", "--json", *flags,
                                stdin=f"pdq {pdq} 100\n")
            answer = self.answers(result)[0]
            return answer["verdict"], answer["lists_skipped"], [
                version["list"] for version in answer["list_versions"]]

        def skipped(reason):
            return ("NO_KNOWN_MATCH", [{"list": "abuse", "reason": reason}], [])

        met = ("NEAR", [], ["abuse"])
        self.assertEqual(asked(), met)
        self.set("abuse", "--region", "ID,US")
        self.assertEqual(asked("--region", "US"), met)
        self.assertEqual(asked("--region", "DE"), skipped("region"))
        self.assertEqual(asked(), met)
        self.fails(self.kenal("query", "--region", "de"), 2, "--region")
        self.set("abuse", "--region", "all", "--share", "0")
        self.assertEqual(asked(), skipped("share"))
        self.set("abuse", "--share", "100", "--expires", "2020-01-01")
        self.assertEqual(asked(), skipped("expired"))
        self.assertIn("expired",
                      self.ok(self.kenal("list", "show")).text())

    def test_a_radius_of_ones_own_takes_the_place_of_the_lists(self):
        pdq = self.abuse_list(7)
        far = harness.flip(pdq, 40)

        def asked(*flags):
            answer = self.answers(self.kenal("query", "--json", *flags,
                                             stdin=f"pdq {far} 100\n"))[0]
            return answer["verdict"], answer.get("tier")

        self.assertEqual(asked(), ("NO_KNOWN_MATCH", None))
        self.assertEqual(asked("--radius", "40"), ("NEAR", "review"))
        self.assertEqual(asked("--radius", "39"), ("NO_KNOWN_MATCH", None))
        self.fails(self.kenal("query", "--radius", "64"), 2, "--radius")


class Watching(harness.TestCase):

    def changes(self, result):
        """Changes and the last cursor of a run of watch --json."""
        self.ok(result)
        lines = result.lines()
        cursors = [line for line in lines if "cursor" in line]
        self.assertTrue(cursors[-1]["caught_up"])
        return ([line for line in lines if "change" in line],
                cursors[-1]["cursor"])

    def watch_once(self, asked, *flags):
        return self.changes(asked("--json", "watch", "--once", *flags))

    def test_a_folder_and_its_server_tell_the_same_changes(self):
        self.init(("a", "test"))
        self.import_lines("a", f"md5 {MD5}")
        self.ok(self.kenal("entry", "dispute", "--list", "a", "1", "--reason",
                           "x"))
        local, cursor = self.watch_once(self.kenal)
        self.assertEqual([c["change"] for c in local],
                         ["list_created", "entries_put", "entries_set"])
        self.assertEqual([e["state"] for c in local for e in c["entries"]],
                         ["disputed", "disputed"])
        server = self.serve()
        remote, at = self.watch_once(server.run)
        self.assertEqual((remote, at), (local, cursor))
        self.assertEqual(self.watch_once(server.run, "--after", cursor),
                         ([], cursor))

    def test_going_on_from_a_cursor_tells_each_change_once(self):
        self.init(("a", "test"))
        told = []
        cursor = "start"
        for i in range(3):
            self.import_lines("a", f"md5 {i:032x}", f"md5 {i + 7:032x}")
            changes, cursor = self.watch_once(self.kenal, "--after", cursor)
            told += changes
        whole, last = self.watch_once(self.kenal)
        self.assertEqual(cursor, last)
        self.assertEqual([c["sequence"] for c in told],
                         [c["sequence"] for c in whole])

    def test_cursors_that_lead_nowhere_are_refused(self):
        self.init(("a", "test"))
        _, cursor = self.watch_once(self.kenal)
        store = cursor.split(":")[0]
        server = self.serve()
        other = "0" * len(store)
        for wrong in ("", "x", "1:", "1+", ":1", "1+x", "-1", f"{store}:x"):
            self.fails(server.run("watch", "--after", wrong), 2, "a cursor is")
        for wrong in (f"{other}:0", f"{store}:99"):
            for once in ([], ["--once"]):
                self.fails(server.run("watch", *once, "--after", wrong), 2)
        server.stop()
        for wrong in (f"{other}:0", f"{store}:99"):
            self.fails(self.kenal("watch", "--after", wrong), 2)

    def test_hashes_are_told_in_json_and_by_a_server_to_no_local_caller(self):
        self.init(("a", "test"))
        self.import_lines("a", f"md5 {MD5}")
        self.fails(self.kenal("watch", "--with-signals"), 2, "--json")
        whole, _ = self.watch_once(self.kenal, "--with-signals")
        self.assertEqual(whole[1]["entries"][0]["signals"], {"md5": MD5})
        without, _ = self.watch_once(self.kenal)
        self.assertNotIn(MD5, json.dumps(without))
        server = self.serve()
        self.fails(server.run("--json", "watch", "--with-signals"), 3, "export")

    def test_a_server_tells_changes_as_they_come_until_ctrl_c(self):
        self.init(("a", "test"))
        server = self.serve()
        process = harness.start("--server", server.address, "--json", "watch",
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)

        def until(wanted):
            while True:
                line = json.loads(process.stdout.readline())
                if wanted(line):
                    return line

        until(lambda line: line.get("caught_up"))
        file = self.write("one.txt", f"md5 {MD5}\n")
        self.ok(server.run("import", "--list", "a", "--format", "pytx", file))
        put = until(lambda line: line.get("change") == "entries_put")
        self.assertEqual([e["entry"] for e in put["entries"]], ["1"])
        until(lambda line: line.get("caught_up"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual((process.returncode, err), (0, b""))
        # It may have caught up once more, and nothing else.
        for line in out.splitlines():
            self.assertNotIn("change", json.loads(line))

    def test_a_watch_goes_on_when_its_server_is_back(self):
        self.init(("a", "test"))
        pki = self.path("pki")
        self.ok(harness.run("-q", "certs", "try", pki))
        tls = ["--tls", os.path.join(pki, "server")]
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        for address, flags, ask in (
                ("unix:" + self.path("s"), [], []),
                # By a name, which has to be looked up again.
                (f"localhost:{port}", tls,
                 ["--tls", os.path.join(pki, "audit")])):
            with self.subTest(address):
                self.watch_over_restarts(address, flags, ask)

    def watch_over_restarts(self, address, flags, ask):
        serve = ["--listen", address, *flags]
        server = self.serve(*serve)
        process = harness.start("--server", address, *ask, "--json", "watch",
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        told = []

        def until(wanted):
            while not told or not wanted(told[-1]):
                line = process.stdout.readline()
                self.assertTrue(line, "the watch has ended")
                told.append(json.loads(line))

        until(lambda line: line.get("caught_up"))
        for i in range(2):
            server.stop()
            self.assertIn(b"trying again", process.stderr.readline())
            # While it is away: nothing is lost.
            name = f"b{i}-{len(flags)}"
            self.ok(self.kenal("list", "create", name, "--purpose", "test"))
            server = self.serve(*serve)
            until(lambda line, name=name: line.get("list") == name)
            until(lambda line: line.get("caught_up"))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual((process.returncode, err), (0, b""))
        sequences = [line["sequence"] for line in told if "change" in line]
        self.assertEqual(sequences, list(range(1, len(sequences) + 1)))
        server.stop()

    def test_a_watch_that_may_not_go_on_ends(self):
        self.init(("a", "test"))
        server = self.serve()
        process = harness.start("--server", server.address, "watch",
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while b"caught up" not in process.stdout.readline():
            pass
        server.stop()
        shutil.rmtree(self.data)
        self.init(("other", "test"))
        self.serve("--listen", server.address)
        _, err = process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual(process.returncode, 2, err)
        self.assertIn(b"another store", err)

    def test_a_watch_whose_server_is_away_ends_with_ctrl_c(self):
        self.init(("a", "test"))
        server = self.serve()
        process = harness.start("--server", server.address, "watch",
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        while b"caught up" not in process.stdout.readline():
            pass
        server.stop()
        self.assertIn(b"trying again", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
