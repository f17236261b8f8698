"""`kenal serve --http` over mutual TLS: every method by every role, and an
entry from the cradle to its withdrawal."""
import base64
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import tempfile
import unittest

import harness

KENAL = os.path.join(os.environ["KENAL_BIN_DIR"], "kenal")
PICTURES = harness.ROOT / "tests/data/pdq-vectors/gen"
ROLES = ("query", "investigate", "ingest", "curate", "export", "audit",
         "admin")
BY = {"actor": "test", "reason": "test"}


class EndToEnd(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="kenal-")
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.ca = harness.Authority(cls.home)
        cls.files = cls.ca.issue("server", "DNS:localhost,IP:127.0.0.1",
                                 usage="serverAuth")
        with open(cls.ca.path("clients.txt"), "w") as file:
            for role in ROLES:
                file.write(f"kenal://client/{role} {role}\n")
            file.write("kenal://client/slow query rate=2\n")
        cls.clients = {
            role: cls.ca.issue(role, f"URI:kenal://client/{role}")
            for role in (*ROLES, "slow", "stranger")}

    def setUp(self):
        super().setUp()
        data = os.path.join(self.folder, "store")
        subprocess.run([KENAL, "--data", data, "init"], check=True,
                       capture_output=True)
        self.process = subprocess.Popen(
            [KENAL, "--data", data, "--json", "serve", "--http",
             "127.0.0.1:0", "--tls-cert", self.files[0], "--tls-key",
             self.files[1], "--tls-ca", self.ca.file, "--clients",
             self.ca.path("clients.txt"), "--workers", "1", "--log",
             self.log_path()],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end)
        ready = self.process.stdout.readline()
        if not ready:
            self.fail(self.process.stderr.read().decode())
        self.port = int(json.loads(ready)["http"][0].rsplit(":", 1)[1])
        self.open = {}

    def log_path(self):
        return os.path.join(self.folder, "log")

    def end(self):
        for one in self.open.values():
            one.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        err = self.process.communicate(timeout=harness.TIMEOUT_S)[1]
        self.assertEqual(self.process.returncode, 0, err.decode())

    def over(self, role):
        if role not in self.open:
            context = self.ca.client_context(self.clients[role])
            self.open[role] = http.client.HTTPSConnection(
                "localhost", self.port, context=context,
                timeout=harness.TIMEOUT_S)
        return self.open[role]

    def call(self, role, name, value=None, **headers):
        return self.post(f"/v1/{name}", value or {},
                         connection=self.over(role), **headers)

    def add(self, name, drafts, purpose="PURPOSE_CHILD_ABUSE"):
        self.ok(self.call("curate", "create-list", {
            "name": name, "purpose": purpose, "by": BY}))
        answer = self.ok(self.call("ingest", "add-entries", {
            "list": name, "by": BY, "drafts": [
                {**draft, "provenance": {"source": "test"}}
                for draft in drafts]}))
        results = answer.json()["results"]
        self.assertEqual({one["outcome"] for one in results},
                         {"OUTCOME_ADDED"})
        return results

    def test_roles_and_methods_agree_with_who_am_i(self):
        document = json.loads((harness.ROOT / "docs/openapi.json").read_text())
        methods = {}
        for path, verbs in document["paths"].items():
            if path.startswith("/v1/"):
                operation = verbs["post"]
                methods[path] = (f"kenal.v1.{operation['tags'][0]}."
                                 f"{operation['operationId']}")
        refusals = 0
        for role in ROLES:
            me = self.ok(self.call(role, "who-am-i")).json()
            self.assertEqual(me["name"], f"kenal://client/{role}")
            self.assertEqual(me["roles"], [role])
            for path, method in methods.items():
                answer = self.post(path, {}, connection=self.over(role))
                is_allowed = method in me["methods_allowed"]
                self.assertEqual(answer.status != 403, is_allowed,
                                 (role, path, answer))
                self.assertIn(answer.status, (200, 400, 403, 404),
                              (role, path, answer))
                refusals += not is_allowed
        self.assertGreater(refusals, len(ROLES))
        for path in methods:
            self.fails(self.post(path, {}, connection=self.over("stranger")),
                       401, "UNAUTHENTICATED")
        self.ok(self.ask("GET", "/readyz", connection=self.over("stranger")))
        with self.assertRaises((ssl.SSLError, ConnectionError,
                                http.client.RemoteDisconnected)):
            self.ask("GET", "/healthz", connection=http.client.HTTPSConnection(
                "localhost", self.port, context=self.ca.client_context()))

    def test_an_entry_is_added_met_explained_and_withdrawn(self):
        source = random.Random(1)
        bits = [1] * 128 + [0] * 128
        source.shuffle(bits)
        hash_text = f"{int(''.join(map(str, bits)), 2):064x}"
        near = f"{int(hash_text, 16) ^ 0b1111:064x}"
        draft = {"source_id": "a-1", "signals": {
            "pdq": [{"hash": hash_text, "quality": 90}]}}
        self.add("demo", [draft])
        ask = {"content": {"signals": {"pdq": [{"hash": near,
                                                "quality": 90}]}}}
        told = self.ok(self.call("investigate", "match", ask)).json()["answer"]
        self.assertEqual(told["verdict"], "VERDICT_NEAR")
        self.assertEqual(told["matches"][0]["distance_bits"], 4)
        self.assertEqual(told["matches"][0]["source_id"], "a-1")
        outside = self.ok(self.call("query", "match", ask)).json()["answer"]
        self.assertEqual(outside["verdict"], "VERDICT_NEAR")
        self.assertNotIn("distance_bits", outside["matches"][0])
        self.assertEqual(outside["matches"][0]["source_id"], "")
        self.fails(self.call("query", "match", {**ask, "radius_bits": 31}),
                   403, "PERMISSION_DENIED")
        batch = self.ok(self.call("query", "batch-match", {
            "contents": [ask["content"]] * 3})).json()
        self.assertEqual([one["verdict"] for one in batch["answers"]],
                         ["VERDICT_NEAR"] * 3)
        serial = told["matches"][0]["entry"]["serial"]
        path = f"/m/lookup?signal_type=pdq&signal={near}"
        self.assertEqual(
            self.ok(self.ask("GET", path, connection=self.over(
                "investigate"))).json(),
            {"demo": [{"bank_content_id": int(serial), "distance": "4"}]})
        self.assertEqual(
            self.ok(self.ask("GET", path + "&banks=demo", connection=self.over(
                "query"))).json(),
            {"demo": [{"bank_content_id": int(serial)}]})
        explained = self.ok(self.call("investigate", "explain", {
            **ask, "list": "demo", "reference": serial})).json()
        self.assertEqual(explained["explanation"]["views"][0]["finding"],
                         "FINDING_MATCH")
        self.ok(self.call("curate", "set-entry-state", {
            "list": "demo", "references": ["source:a-1"], "by": BY,
            "state": "ENTRY_STATE_WITHDRAWN"}))
        gone = self.ok(self.call("query", "match", ask)).json()["answer"]
        self.assertEqual(gone["verdict"], "VERDICT_NO_KNOWN_MATCH")
        self.assertEqual(self.ok(self.ask(
            "GET", path, connection=self.over("query"))).json(), {})
        with open(self.log_path()) as file:
            log = file.read()
        self.assertNotIn(hash_text, log)
        self.assertNotIn(near, log)

    def test_pictures_meet_themselves_by_every_way_in(self):
        picture = (PICTURES / "a-420-q90.jpg").read_bytes()
        self.add("pictures", [{"source_id": "p", "signals": {
            "md5": hashlib.md5(picture).hexdigest()}}])
        over = self.over("investigate")
        raw = self.ok(self.ask("POST", "/v1/match", picture, over,
                               Content_Type="image/jpeg")).json()["answer"]
        self.assertEqual(raw["verdict"], "VERDICT_EXACT")
        text = base64.b64encode(picture).decode()
        whole = self.ok(self.call("investigate", "match", {
            "content": {"picture": text}})).json()["answer"]
        self.assertEqual(raw, whole)
        found = self.ok(self.ask("POST", "/m/lookup", picture, over,
                                 Content_Type="image/jpeg")).json()
        self.assertEqual(list(found), ["pdq", "md5"])
        self.assertEqual(found["pdq"], {})
        self.assertEqual(list(found["md5"]), ["pictures"])
        broken = self.ask("POST", "/m/lookup", b"no picture at all", over,
                          Content_Type="image/jpeg")
        self.fails(broken, 503, "UNAVAILABLE")
        verdict = self.ok(self.ask(
            "POST", "/v1/match", b"no picture at all", over,
            Content_Type="image/jpeg")).json()["answer"]["verdict"]
        self.assertEqual(verdict, "VERDICT_UNAVAILABLE")

    def test_the_same_content_falls_into_the_same_shares_by_every_way_in(self):
        names = [f"half-{i}" for i in range(24)]
        for name in names:
            self.ok(self.call("curate", "create-list", {
                "name": name, "purpose": "PURPOSE_TEST", "by": BY,
                "policy": {"mode": "LIST_MODE_ENABLED", "pdq_radius_bits": 31,
                           "share_permille": 500}}))
        file = PICTURES / "a-420-q90.jpg"
        picture = file.read_bytes()
        (line,) = subprocess.run([KENAL, "hash", "--json", file], check=True,
                                 capture_output=True).stdout.splitlines()
        signals = json.loads(line)["signals"]
        pdq = [{"hash": signals["pdq"]["hex"], "quality": 100}]
        digests = {name: signals[name] for name in ("md5", "sha1", "sha256")}

        def skipped(answer):
            return {one["list"] for one in answer["lists_skipped"]
                    if one["reason"] == "share"}

        def asked(content):
            return skipped(self.ok(self.call(
                "investigate", "match", {"content": content})).json()["answer"])

        as_picture = asked({"picture": base64.b64encode(picture).decode()})
        self.assertTrue(as_picture)
        self.assertLess(as_picture, set(names))
        hash_only = {"signals": {"pdq": pdq}}
        both = {"signals": {"pdq": pdq, **digests}}
        self.assertEqual(asked(hash_only), as_picture)
        self.assertEqual(asked(both), as_picture)
        raw = self.ok(self.ask("POST", "/v1/match", picture,
                               self.over("investigate"),
                               Content_Type="image/jpeg")).json()["answer"]
        self.assertEqual(skipped(raw), as_picture)
        batch = self.ok(self.call("investigate", "batch-match", {
            "contents": [both, hash_only]})).json()["answers"]
        self.assertEqual([skipped(one) for one in batch], [as_picture] * 2)
        # What is known by digests alone is told apart by the strongest.
        of_digests = asked({"signals": digests})
        self.assertEqual(asked({"signals": {"sha256": digests["sha256"]}}),
                         of_digests)
        self.assertNotEqual(of_digests, as_picture)

    def test_pages_and_metrics(self):
        self.ok(self.ask("GET", "/readyz", connection=self.over("query")))
        self.ok(self.ask("GET", "/docs", connection=self.over("query")))
        page = self.ok(self.ask("GET", "/metrics",
                                connection=self.over("audit")))
        self.assertIn(b"kenal_", page.body)
        self.assertIn("version=0.0.4", page.headers["Content-Type"])
        self.fails(self.ask("GET", "/metrics", connection=self.over("query")),
                   403, "PERMISSION_DENIED")
        stats = self.ok(self.call("audit", "get-stats")).json()
        self.assertTrue(stats["store_id"])

    def test_requests_that_are_no_calls_are_counted_and_logged(self):
        over = self.over("query")
        self.fails(self.ask("POST", "/v1/match", b"{", over), 400,
                   "INVALID_ARGUMENT")
        self.fails(self.ask("GET", "/nowhere", connection=over,
                            X_Request_Id="lost"), 404, "NOT_FOUND")
        self.fails(self.ask("GET", "/nowhere",
                            connection=self.over("stranger")), 401,
                   "UNAUTHENTICATED")
        self.fails(self.call("query", "who-am-i", {"x": "y" * (2 << 20)}), 413,
                   "RESOURCE_EXHAUSTED")
        page = self.ok(self.ask("GET", "/metrics", connection=self.over(
            "audit"))).body.decode()
        for line in (
                'kenal_requests_total{method="Match",code="INVALID_ARGUMENT"} 1',
                'kenal_unrouted_requests_total{code="NOT_FOUND"} 1',
                'kenal_unrouted_requests_total{code="UNAUTHENTICATED"} 1',
                'kenal_refusals_total{reason="too_large",class="live"} 1'):
            self.assertIn(line, page)
        def lost():
            with open(self.log_path(), encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
            return [line for line in lines if line.get("request_id") == "lost"]
        while not lost():
            pass
        (line,) = lost()
        self.assertEqual((line["method"], line["caller"], line["code"]),
                         ("", "kenal://client/query", "NOT_FOUND"))
        self.assertNotIn("nowhere", json.dumps(line))

    def test_a_quota_says_when_to_come_again(self):
        one = {"contents": [{"signals": {"md5": "00" * 16}}] * 2}
        for _ in range(50):
            answer = self.call("slow", "batch-match", one)
            if answer.status == 429:
                break
        error = self.fails(answer, 429, "RESOURCE_EXHAUSTED")
        self.assertGreater(error["retry_after_ms"], 0)
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)

    def test_errors_of_the_store_keep_their_codes(self):
        self.fails(self.call("audit", "get-list", {"name": "none"}), 404,
                   "NOT_FOUND")
        made = {"name": "twice", "purpose": "PURPOSE_TEST", "by": BY}
        self.ok(self.call("curate", "create-list", made))
        self.fails(self.call("curate", "create-list", made), 409,
                   "ALREADY_EXISTS")
        self.fails(self.call("query", "match", {"content": {
            "signals": {"md5": "AAAA"}}}), 400, "INVALID_ARGUMENT", "md5")


if __name__ == "__main__":
    unittest.main()
