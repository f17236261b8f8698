"""Roles over mutual TLS, and what is said when the ends do not trust each
other."""

import json
import os
import random
import shutil
import socket
import threading
import unittest

import harness

ROLES = ["query", "investigate", "ingest", "curate", "export", "audit",
         "admin"]
# What a match tells a caller outside.
OUTSIDE = {"list", "purpose", "entry", "signal", "tier", "state",
           "action_label", "overruled_by"}


class Tls(harness.TestCase):
    """A server with one near and one digest entry, and certificates."""

    def setUp(self):
        super().setUp()
        self.pki = self.path("pki")
        self.ok(harness.run("-q", "certs", "try", self.pki))
        self.pdq = harness.pdq_hex(random.Random(1))
        self.init()
        self.ok(self.kenal("list", "create", "abuse", "--purpose",
                           "child-abuse", "--action-label", "report"))
        self.ok(self.kenal("list", "create", "trial", "--purpose",
                           "child-abuse", "--shadow", "on"))
        for name in ("abuse", "trial"):
            self.import_lines(name, f"pdq {self.pdq} 100")
        self.server = self.serve("--listen", "127.0.0.1:0", "--tls",
                                 self.file("server"))

    def file(self, name):
        return os.path.join(self.pki, name)

    def ask(self, role, *arguments, **options):
        return self.server.run("--tls", self.file(role), *arguments, **options)

    def one_line(self, result, code, *parts):
        self.fails(result, code, *parts)
        self.assertEqual(len(result.messages().splitlines()), 1, result)

    def test_a_server_takes_a_client_for_what_its_certificate_says(self):
        for role in ROLES:
            with self.subTest(role):
                told = self.ok(self.ask(role, "--json", "whoami")).lines()[0]
                self.assertEqual(told["name"], f"kenal://client/{role}")
                self.assertEqual(told["roles"], [role])
                self.assertIn("kenal.v1.OperationsService.WhoAmI",
                              told["methods_allowed"])
        text = self.ok(self.ask("query", "whoami")).text()
        self.assertIn("roles  query\n", text)
        self.fails(self.kenal("whoami"), 2, "--server")

    def test_certificates_may_come_from_the_environment(self):
        env = harness.environment(KENAL_SERVER=self.server.address,
                                  KENAL_TLS=self.file("audit"))
        told = self.ok(harness.run("--json", "whoami", env=env)).lines()[0]
        self.assertEqual(told["roles"], ["audit"])
        told = self.ok(harness.run("--json", "whoami", "--tls",
                                   self.file("admin"), env=env)).lines()[0]
        self.assertEqual(told["roles"], ["admin"])

    def test_a_caller_outside_is_told_no_distance_and_nothing_in_shadow(self):
        near = f"pdq {harness.flip(self.pdq, 5)} 100\n"
        inside = self.answers(self.ask("investigate", "--json", "query",
                                       stdin=near))[0]
        outside = self.answers(self.ask("query", "--json", "query",
                                        stdin=near))[0]
        self.assertEqual([m["distance"] for m in inside["matches"]], [5, 5])
        for name in ("verdict", "tier", "action_label", "sequence"):
            self.assertEqual(outside[name], inside[name])
        self.assertEqual(outside["match_count"], 1)
        self.assertLessEqual(set(outside["matches"][0]), OUTSIDE)
        self.assertNotIn("trial", json.dumps(outside["matches"]))
        text = self.ok(self.ask("query", "query", stdin=near)).text()
        self.assertIn("near; report", text)

    def test_a_radius_is_for_investigators(self):
        far = f"pdq {harness.flip(self.pdq, 40)} 100\n"
        asked = ["--json", "query", "--radius", "40"]
        self.one_line(self.ask("query", *asked, stdin=far), 3, "investigate")
        answer = self.answers(self.ask("investigate", *asked, stdin=far))[0]
        self.assertEqual((answer["verdict"], answer["tier"]),
                         ("NEAR", "review"))

    def test_a_work_class_changes_no_answer(self):
        line = f"pdq {self.pdq} 100\n"
        answers = [self.answers(self.ask("query", "--json", "query", *flags,
                                         stdin=line))
                   for flags in ([], ["--work-class", "live"],
                                 ["--work-class", "bulk"])]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])
        self.fails(self.ask("query", "query", "--work-class", "maintenance"),
                   2, "--work-class")

    def test_what_the_roles_do_not_allow_is_refused_by_name(self):
        denied = [("query", ["list", "create", "x", "--purpose", "test"]),
                  ("query", ["entry", "show", "--list", "abuse", "1"]),
                  ("ingest", ["list", "disable", "abuse"]),
                  ("curate", ["verify"]), ("export", ["query"]),
                  ("audit", ["--json", "watch", "--with-signals"]),
                  ("admin", ["watch", "--once"])]
        for role, words in denied:
            with self.subTest([role, *words]):
                self.one_line(self.ask(role, *words,
                                       stdin=f"pdq {self.pdq}\n"), 3)

    def test_only_export_is_told_hashes_and_query_only_what_changed(self):
        watch = ["--json", "watch", "--once"]
        told = self.ok(self.ask("export", *watch, "--with-signals")).text()
        self.assertIn(self.pdq, told)
        for role in ("query", "export", "audit"):
            told = self.ok(self.ask(role, *watch))
            self.assertNotIn(self.pdq, told.text())
            changes = [line for line in told.lines() if "change" in line]
            self.assertEqual(len(changes), 4)
            tells_more = any("policy" in change for change in changes)
            self.assertEqual(tells_more, role != "query")

    def test_distrust_is_said_in_one_line_with_what_to_do(self):
        other = self.path("other")
        self.ok(harness.run("-q", "certs", "try", other))
        mine, their = self.file("query"), os.path.join(other, "query")

        def with_files(certificate, key, authority):
            return self.server.run("--tls-cert", certificate, "--tls-key", key,
                                   "--tls-ca", authority, "whoami")

        self.one_line(with_files(mine + ".pem", mine + ".key",
                                 os.path.join(other, "ca.pem")), 3,
                      "is not from the authority in", "--tls-ca")
        self.one_line(with_files(their + ".pem", their + ".key",
                                 self.file("ca.pem")), 3,
                      "refuses " + their + ".pem", "kenal certs client")
        self.one_line(with_files(mine + ".pem", their + ".key",
                                 self.file("ca.pem")), 2,
                      "do not fit together")
        self.one_line(self.ask("query", "--tls-name", "other.example",
                               "whoami"), 3,
                      "not for other.example but for localhost", "--tls-name")
        self.one_line(self.server.run("whoami"), 3, "does not answer without",
                      "--tls")
        self.ok(self.ask("query", "--tls-name", "localhost", "whoami"))

    def test_a_client_that_is_not_in_the_table_is_refused(self):
        self.ok(harness.run("-q", "certs", "client", self.pki, "odd", "--role",
                            "query"))
        table = self.file("clients.txt")
        with open(table, encoding="utf-8") as file:
            lines = [line for line in file if "client/odd" not in line]
        with open(table + ".new", "w", encoding="utf-8") as file:
            file.writelines(lines)
        server = self.server
        server.stop()
        shutil.move(table + ".new", table)
        self.server = self.serve("--listen", "127.0.0.1:0", "--tls",
                                 self.file("server"))
        self.one_line(self.ask("odd", "whoami"), 3, "client")
        self.ok(self.ask("query", "whoami"))

    def serve_all(self):
        """A server's addresses with TLS: gRPC and HTTP; and two without."""
        self.server.stop()
        self.server = self.serve("--listen", "127.0.0.1:0", "--http",
                                 "127.0.0.1:0", "--http",
                                 "unix:" + self.path("h"), "--tls",
                                 self.file("server"))
        grpc, (http, socket_path) = (self.server.address,
                                     self.server.ready["http"])
        self.data = self.path("other")
        self.init()
        plain = self.serve("--listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
                           "--insecure-plaintext-tcp")
        return (grpc, http, socket_path, plain.address,
                plain.ready["http"][0])

    def test_each_wrong_end_of_a_server_is_named_with_what_to_do(self):
        grpc, http, socket_path, plain_grpc, plain_http = self.serve_all()
        mine = ["--tls", self.file("query")]
        listen = "as --listen"
        for address, flags, parts in [
                (http, mine, ["HTTP and no gRPC", listen]),
                (http, [], ["HTTP with TLS", listen, "--tls"]),
                (plain_http, [], ["HTTP and no gRPC", listen]),
                (plain_http, mine, ["HTTP and no gRPC", listen]),
                (socket_path, [], ["HTTP and no gRPC", listen]),
                (grpc, [], ["does not answer without TLS", "--tls"]),
                (plain_grpc, mine, ["speaks no TLS", "leave", "KENAL_TLS"])]:
            with self.subTest((address, flags)):
                self.one_line(harness.run("--server", address, *flags,
                                          "whoami"), 3, address, *parts)
        self.ok(harness.run("--server", grpc, *mine, "whoami"))
        self.ok(harness.run("--server", plain_grpc, "whoami"))

    def listen_with(self, answer):
        """The address of a listener that begins by sending `answer`."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        kept = []

        def run():
            while True:
                try:
                    peer, _ = listener.accept()
                    kept.append(peer)
                    if answer:
                        peer.sendall(answer)
                        peer.close()
                except OSError:
                    return

        threading.Thread(target=run, daemon=True).start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    def test_what_is_no_server_of_ours_is_named_as_such(self):
        mine = ["--tls", self.file("query")]
        ssh = self.listen_with(b"SSH-2.0-OpenSSH_9.2\r\n")
        silent = self.listen_with(b"")
        self.one_line(harness.run("--server", ssh, *mine, "whoami"), 3, ssh,
                      "speaks no TLS")
        for address in (ssh, silent):
            self.one_line(harness.run("--server", address, "whoami"), 4,
                          address, "neither gRPC nor TLS")
        self.one_line(harness.run("--server", silent, *mine, "whoami"), 4,
                      silent)

    def test_wrong_combinations_of_certificates_are_refused(self):
        address = self.server.address
        mine = self.file("query")
        for words, says in [
                (["--tls", self.pki + "/"], "names a folder alone"),
                (["--tls", self.pki], "names a folder alone"),
                (["--tls", self.file("nobody")], "nobody.pem: no such file"),
                (["--tls-cert", mine + ".pem"], "--tls-key"),
                (["--tls-name", "localhost"], "no certificates are given"),
                (["--tls", mine, "--tls-ca", self.file("clients.txt")],
                 "is no PEM file")]:
            with self.subTest(words):
                self.one_line(harness.run("--server", address, *words,
                                          "whoami"), 2, says)
        self.ok(harness.run("--server", address, "--tls", mine + ".pem",
                            "whoami"))
        self.one_line(harness.run("--server", "https://" + address, "--tls",
                                  mine, "whoami"), 2, "without https://")
        self.one_line(harness.run("--server", "no-such-host.invalid:7117",
                                  "--tls", mine, "whoami"), 4, "is not known")
        for name in (mine, mine + ".pem"):
            self.assertIn("kenal://client/query",
                          self.ok(harness.run("certs", "show", name)).text())
        self.one_line(harness.run("--server", "unix:/none.sock", "--tls", mine,
                                  "whoami"), 2, "takes no certificates")
        self.one_line(self.kenal("--tls", mine, "stats"), 2, "for a server")
        self.one_line(self.kenal("query", "--work-class", "bulk"), 2,
                      "for a server")


if __name__ == "__main__":
    unittest.main()
