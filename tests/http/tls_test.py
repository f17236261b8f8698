"""Mutual TLS: who gets in, what their names allow, and changed files."""
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import unittest

import harness
from routes_test import HASH, signals


class Tls(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.ca = harness.Authority(self.folder)
        self.files = self.ca.issue("server", "DNS:localhost,IP:127.0.0.1",
                                   usage="serverAuth")
        self.serve("127.0.0.1:0", (*self.files, self.ca.file))

    def client(self, roles):
        return self.ca.issue(roles, f"URI:kenal://client/{roles}")

    def over(self, certificate=None, context=None):
        context = context or self.ca.client_context(certificate)
        return http.client.HTTPSConnection("localhost", self.port,
                                           context=context,
                                           timeout=harness.TIMEOUT_S)

    def asks(self, certificate, verb, target, body=None, **headers):
        one = self.over(certificate)
        try:
            return self.ask(verb, target, body, one, **headers)
        finally:
            one.close()

    def test_roles_come_from_the_names_in_the_certificate(self):
        outside, inside = self.client("query"), self.client("investigate+audit")
        text = json.dumps(signals(HASH))
        kind = {"Content_Type": "application/json"}
        for client, distance in ((outside, None), (inside, 4)):
            answer = self.ok(self.asks(client, "POST", "/v1/match", text,
                                       **kind)).json()["answer"]
            self.assertEqual(answer["matches"][0].get("distance_bits"),
                             distance)
        path = f"/m/raw_lookup?signal={HASH}&signal_type=pdq&include_distance=1"
        self.assertEqual(self.ok(self.asks(outside, "GET", path)).json(),
                         {"matches": [{"bank_content_id": 17}]})
        self.fails(self.asks(outside, "GET", "/metrics"), 403,
                   "PERMISSION_DENIED")
        self.ok(self.asks(inside, "GET", "/metrics"))

    def test_the_body_of_who_may_not_send_one_is_not_read(self):
        with self.ca.client_context(self.client("admin")).wrap_socket(
                socket.create_connection(("127.0.0.1", self.port)),
                server_hostname="localhost") as raw:
            raw.sendall(b"POST /v1/match HTTP/1.1\r\nHost: a\r\nContent-Length:"
                        b" 60000000\r\nExpect: 100-continue\r\n\r\n")
            self.assertTrue(raw.recv(4096).startswith(b"HTTP/1.1 403 "))

    def test_a_verified_stranger_sees_health_alone(self):
        stranger = self.ca.issue("stranger", "DNS:nobody.example")
        nameless = self.ca.issue("nameless", "")
        for client in (stranger, nameless):
            self.ok(self.asks(client, "GET", "/healthz"))
            self.ok(self.asks(client, "GET", "/readyz"))
            for verb, path in (("GET", "/docs"), ("GET", "/openapi.json"),
                               ("GET", "/metrics"), ("POST", "/v1/who-am-i"),
                               ("GET", "/nothing"), ("GET", "/m/lookup")):
                self.fails(self.asks(client, verb, path), 401,
                           "UNAUTHENTICATED")

    def test_nobody_gets_in_without_a_right_certificate(self):
        os.mkdir(self.folder + "/other")
        other = harness.Authority(self.folder + "/other")
        expired = self.ca.issue("expired", "URI:kenal://client/query",
                                start="20200101000000Z", end="20200102000000Z")
        early = self.ca.issue("early", "URI:kenal://client/query",
                              start="20400101000000Z", end="20400102000000Z")
        served = self.ca.issue("served", "URI:kenal://client/query",
                               usage="serverAuth")
        for client in (None, other.issue("x", "URI:kenal://client/query"),
                       expired, early, served):
            with self.assertRaises((ssl.SSLError, ConnectionError,
                                    http.client.RemoteDisconnected)):
                self.asks(client, "GET", "/healthz")
        raw = self.raw(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertNotIn(b"200", raw.recv(4096))
        old = self.ca.client_context(self.client("query"))
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.ask("GET", "/healthz", None, self.over(context=old))

    def test_both_versions_of_tls_and_the_name_of_the_protocol(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.ca.client_context(self.client("query"))
            context.minimum_version = context.maximum_version = version
            context.set_alpn_protocols(["h2", "http/1.1"])
            one = self.over(context=context)
            self.ok(self.ask("GET", "/healthz", None, one))
            self.assertEqual(one.sock.selected_alpn_protocol(), "http/1.1")
            one.close()

    def test_changed_files_serve_new_connections_and_keep_the_old(self):
        client = self.client("query")
        kept = self.over(client)
        self.ok(self.ask("GET", "/healthz", None, kept))
        before = kept.sock.getpeercert()["serialNumber"]
        keep = (self.ca.path("keep.pem"), self.ca.path("keep.key"))
        for source, target in zip(self.files, keep):
            shutil.copy(source, target)
        with open(self.files[0], "w") as file:
            file.write("no certificate\n")
        time.sleep(2.5)
        self.ok(self.asks(client, "GET", "/healthz"))  # The last good one.
        self.ca.issue("server", "DNS:localhost", usage="serverAuth")
        for _ in range(600):
            one = self.over(client)
            self.ok(self.ask("GET", "/healthz", None, one))
            after = one.sock.getpeercert()["serialNumber"]
            one.close()
            if after != before:
                break
            time.sleep(0.1)
        self.assertNotEqual(before, after)
        self.ok(self.ask("GET", "/healthz", None, kept))
        kept.close()

    def test_a_change_is_found_when_files_can_be_opened_again(self):
        client = self.client("query")
        self.say("files 0")
        self.ca.issue("server", "DNS:localhost", usage="serverAuth")
        self.assertIn("server.pem", self.server.stderr.readline())
        time.sleep(2.5)  # Nor is it said again.
        self.say("files 4096")
        self.assertEqual(self.server.stderr.readline(), "reload OK\n")
        one = self.over(client)
        self.ok(self.ask("GET", "/healthz", None, one))
        with open(self.files[0]) as file:
            self.assertEqual(one.sock.getpeercert(True),
                             ssl.PEM_cert_to_DER_cert(file.read()))
        one.close()

    def test_curl_works_as_the_documentation_says(self):
        picture = self.folder + "/photo.jpg"
        with open(picture, "wb") as file:
            file.write(b"known" + bytes(range(256)) * 4000)
        names = self.client("query")
        tls = ["--cacert", self.ca.file, "--cert", names[0], "--key", names[1]]
        url = f"https://localhost:{self.port}"
        for arguments in (
                ["--data-binary", "@" + picture, url + "/v1/match?limit=5"],
                ["-H", "Content-Type: image/jpeg", "--data-binary",
                 "@" + picture, url + "/v1/match"],
                ["--json", json.dumps(signals(HASH)), url + "/v1/match"],
                ["-F", "photo=@" + picture, url + "/m/lookup"],
                [url + f"/m/lookup?signal_type=pdq&signal={HASH}"]):
            done = subprocess.run(["curl", "-sS", "--fail", *tls, *arguments],
                                  capture_output=True, check=False,
                                  timeout=harness.TIMEOUT_S)
            self.assertEqual(done.returncode, 0, (arguments, done))
            self.assertTrue("VERDICT_NEAR" in done.stdout.decode() or
                            "bank_content_id" in done.stdout.decode(), done)

    def test_half_open_handshakes_do_not_stop_others(self):
        held = [self.raw(b"\x16\x03\x01") for _ in range(500)]
        client = self.client("query")
        one = self.over(client)
        for _ in range(200):
            self.ok(self.ask("GET", "/healthz", None, one))
        one.close()
        for raw in held:
            raw.close()


class Starting(harness.TestCase):
    def refused(self, *arguments):
        done = subprocess.run([harness.SERVER, *arguments],
                              capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL,
                              timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr

    def test_files_that_do_not_fit_are_named(self):
        ca = harness.Authority(self.folder)
        good = ca.issue("server", "DNS:localhost", usage="serverAuth")
        other = ca.issue("other", "DNS:localhost", usage="serverAuth")
        for files, part in (((good[0], other[1], ca.file), "other.key"),
                            ((good[0], good[1], "/nowhere"), "/nowhere"),
                            ((good[1], good[1], ca.file), "server.key"),
                            ((good[0], good[1], good[1]), "server.key")):
            self.assertIn(part, self.refused("127.0.0.1:0", *files))

    def test_a_taken_port_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.assertIn(f"127.0.0.1:{port}: cannot listen",
                          self.refused(f"127.0.0.1:{port}"))


if __name__ == "__main__":
    unittest.main()
