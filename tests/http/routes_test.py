"""What each path answers, on a Unix socket, whose caller has all roles but
query and export."""
import base64
import json
import unittest

import harness

HASH = "aa" + "00" * 31
OTHER = "bb" + "00" * 31


def signals(text):
    return {"content": {"signals": {"pdq": [{"hash": text}]}}}


class Methods(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_a_hash_in_hex_and_in_base64_gets_the_same_answer(self):
        by_hex = self.ok(self.post("/v1/match", signals(HASH)))
        text = base64.b64encode(bytes.fromhex(HASH)).decode()
        by_text = self.ok(self.post("/v1/match", signals(text)))
        self.assertEqual(by_hex.json(), by_text.json())
        answer = by_hex.json()["answer"]
        self.assertEqual(answer["verdict"], "VERDICT_NEAR")
        self.assertEqual(answer["sequence"], "7")
        self.assertEqual(answer["matches"][0]["distance_bits"], 4)
        self.assertEqual(by_hex.headers["Content-Type"], "application/json")
        self.assertEqual(by_hex.headers["Cache-Control"], "no-store")

    def test_every_unary_method_has_a_short_and_a_full_path(self):
        document = json.loads((harness.ROOT / "docs/openapi.json").read_text())
        for path, verbs in document["paths"].items():
            if not path.startswith("/v1/"):
                continue
            name = verbs["post"]["operationId"]
            service = verbs["post"]["tags"][0]
            for one in (path, f"/kenal.v1.{service}/{name}"):
                answer = self.post(one, {})
                if name == "GetList":
                    self.fails(answer, 404, "NOT_FOUND")
                else:
                    self.ok(answer)

    def test_an_empty_body_is_an_empty_request(self):
        answer = self.ok(self.ask("POST", "/v1/who-am-i"))
        self.assertEqual(answer.json()["name"], "local")

    def test_a_picture_is_sent_as_it_is_with_options_beside_it(self):
        for kind in ("image/png", "application/octet-stream",
                     "application/x-www-form-urlencoded"):
            answer = self.ok(self.ask(
                "POST", "/v1/match?limit=3&effort=fast&request_id=abc",
                b"known picture", Content_Type=kind))
            self.assertEqual(answer.json()["answer"]["verdict"],
                             "VERDICT_NEAR")
            self.assertEqual(answer.headers["X-Request-Id"], "abc")
        self.fails(self.ask("POST", "/v1/match?limt=3", b"x",
                            Content_Type="image/png"),
                   400, "INVALID_ARGUMENT", "known are: limit")
        self.fails(self.ask("POST", "/v1/match?limit=x", b"x",
                            Content_Type="image/png"),
                   400, "INVALID_ARGUMENT", "limit: is not a whole number")
        self.fails(self.post("/v1/match?limit=3", {}), 400,
                   "INVALID_ARGUMENT", "JSON body")

    def test_json_is_told_from_a_picture_when_the_type_says_neither(self):
        answer = self.ok(self.ask(
            "POST", "/v1/match", " " + json.dumps(signals(HASH)),
            Content_Type="application/x-www-form-urlencoded"))
        self.assertEqual(answer.json()["answer"]["verdict"], "VERDICT_NEAR")

    def test_the_request_id_of_the_header_is_used_and_given_back(self):
        answer = self.ok(self.post("/v1/match", signals(HASH),
                                   X_Request_Id="from-header"))
        self.assertEqual(answer.headers["X-Request-Id"], "from-header")
        answer = self.ok(self.post(
            "/v1/match", {**signals(HASH), "request_id": "own"},
            X_Request_Id="from-header"))
        self.assertEqual(answer.headers["X-Request-Id"], "own")

    def test_a_full_queue_says_when_to_come_again(self):
        answer = self.post("/v1/match", {**signals(HASH), "region": "QF"})
        error = self.fails(answer, 429, "RESOURCE_EXHAUSTED")
        self.assertEqual(error["retry_after_ms"], 1500)
        self.assertTrue(error["request_id"])
        self.assertEqual(answer.headers["Retry-After"], "2")

    def test_errors_name_the_field_and_never_a_hash(self):
        answer = self.post("/v1/match", signals(HASH[:-1] + "!"))
        error = self.fails(answer, 400, "INVALID_ARGUMENT",
                           "content.signals.pdq.hash")
        self.assertNotIn("aa00", json.dumps(error))

    def test_streams_are_refused_with_what_to_use_instead(self):
        self.fails(self.post("/v1/stream-match", {}), 501, "UNIMPLEMENTED",
                   "gRPC")

    def test_large_answers_come_whole(self):
        answer = self.ok(self.post("/v1/match",
                                   {**signals(HASH), "region": "BG"}))
        text = answer.json()["answer"]["checks"][0]["message"]
        self.assertEqual(text, "x" * (8 << 20))

    def test_large_json_is_read_whole(self):
        picture = base64.b64encode(b"known" + b"\0" * (6 << 20)).decode()
        answer = self.ok(self.post(
            "/v1/match", {"content": {"picture": picture}}))
        self.assertEqual(answer.json()["answer"]["verdict"], "VERDICT_NEAR")

    def test_batches_keep_their_order(self):
        contents = [signals(HASH if i % 3 == 0 else OTHER)["content"]
                    for i in range(300)]
        answers = self.ok(self.post("/v1/batch-match",
                                    {"contents": contents})).json()["answers"]
        self.assertEqual([one["verdict"] == "VERDICT_NEAR" for one in answers],
                         [i % 3 == 0 for i in range(300)])

    def test_a_timeout_is_1_ms_to_1_hour(self):
        self.ok(self.post("/v1/match", signals(HASH), Kenal_Timeout_Ms="50"))
        for text in ("0", "-1", "x", "3600001", "1.5"):
            self.fails(self.post("/v1/match", signals(HASH),
                                 Kenal_Timeout_Ms=text),
                       400, "INVALID_ARGUMENT", "Kenal-Timeout-Ms")


class Pages(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def test_pages(self):
        for path, kind, part in (
                ("/metrics", "text/plain; version=0.0.4", b"kenal_up 1"),
                ("/healthz", "text/plain", b"ok"),
                ("/readyz", "text/plain", b"ready"),
                ("/status", "text/plain", b"I-AM-ALIVE"),
                ("/docs", "text/html", b"/v1/match"),
                ("/openapi.json", "application/json", b"openapi")):
            answer = self.ok(self.ask("GET", path))
            self.assertIn(kind, answer.headers["Content-Type"])
            self.assertIn(part, answer.body)
            head = self.ok(self.ask("HEAD", path))
            self.assertEqual(head.body, b"")
            self.assertEqual(head.headers["Content-Length"],
                             str(len(answer.body)))

    def test_the_page_asks_for_nothing_else(self):
        answer = self.ask("GET", "/docs")
        for word in (b"<script", b"http://", b"https://", b"src="):
            self.assertNotIn(word, answer.body)
        self.assertIn("default-src 'none'",
                      answer.headers["Content-Security-Policy"])

    def test_the_document_served_is_the_one_committed(self):
        self.assertEqual(self.ask("GET", "/openapi.json").body,
                         (harness.ROOT / "docs/openapi.json").read_bytes())

    def test_not_serving_is_not_ready_and_yet_alive(self):
        self.say("serving 0")
        self.ok(self.ask("GET", "/healthz"))
        self.ok(self.ask("GET", "/readyz"), 503)
        self.ok(self.ask("GET", "/status"), 503)

    def test_other_verbs_are_told_which_are_taken(self):
        for verb, path, allow in (("GET", "/v1/match", "POST, OPTIONS"),
                                  ("POST", "/metrics", "GET, HEAD, OPTIONS"),
                                  ("DELETE", "/v1/match", "POST, OPTIONS")):
            answer = self.ask(verb, path)
            self.fails(answer, 405, "INVALID_ARGUMENT", allow)
            self.assertEqual(answer.headers["Allow"], allow)
        answer = self.ok(self.ask("OPTIONS", "/m/lookup"), 204)
        self.assertEqual(answer.headers["Allow"], "GET, HEAD, POST, OPTIONS")
        self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
        self.ok(self.ask("OPTIONS", "*"), 204)

    def test_other_paths_and_types_are_named(self):
        self.fails(self.ask("GET", "/nothing"), 404, "NOT_FOUND", "/docs")
        self.fails(self.ask("GET", "/m/compare"), 404, "NOT_FOUND",
                   "/m/lookup")
        self.fails(self.ask("POST", "/v1/match", "x",
                            Content_Type="text/plain"),
                   415, "INVALID_ARGUMENT", "application/json")
        self.fails(self.ask("POST", "/v1/get-list", "x",
                            Content_Type="image/png"), 415,
                   "INVALID_ARGUMENT")
        self.fails(self.post("/v1/who-am-i", {}, Content_Encoding="gzip"), 415,
                   "INVALID_ARGUMENT")
        self.fails(self.post("/v1/who-am-i", {}, Origin="https://a.example"),
                   403, "PERMISSION_DENIED")


class HasherMatcherActioner(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.serve()

    FOUND = {"demo": [{"bank_content_id": 17, "distance": "4"}]}

    def form(self, *parts):
        body = b""
        for name, content in parts:
            body += (b'--xYz\r\nContent-Disposition: form-data; name="' +
                     name.encode() + b'"; filename="a.png"\r\n'
                     b"Content-Type: image/png\r\n\r\n" + content + b"\r\n")
        return self.ask("POST", "/m/lookup", body + b"--xYz--\r\n",
                        Content_Type="multipart/form-data; boundary=xYz")

    def get(self, **parameters):
        path = parameters.pop("path", "/m/lookup")
        return self.ask("GET", path + "?" + "&".join(
            f"{name}={value}" for name, value in parameters.items()))

    def test_a_signal_gets_its_banks_without_the_type(self):
        found = self.ok(self.get(signal=HASH, signal_type="pdq"))
        self.assertEqual(found.json(), self.FOUND)
        none = self.ok(self.get(signal=OTHER, signal_type="pdq"))
        self.assertEqual(none.json(), {})
        for kind in ("md5", "video_md5", "photo_md5"):
            found = self.ok(self.get(signal=HASH[:32], signal_type=kind))
            self.assertEqual(found.json(), self.FOUND)

    def test_a_picture_gets_its_banks_by_type(self):
        for answer in (self.form(("photo", b"known")),
                       self.ask("POST", "/m/lookup", b"known",
                                Content_Type="image/png")):
            self.assertEqual(self.ok(answer).json(), {"pdq": self.FOUND})
        none = self.ok(self.form(("photo", b"other")))
        self.assertEqual(none.json(), {"pdq": {}})

    def test_a_failed_check_is_never_an_empty_answer(self):
        answer = self.form(("photo", b"broken"))
        self.fails(answer, 503, "UNAVAILABLE", "no answer")
        self.assertTrue(answer.json()["message"])

    def test_raw_lookup_gives_ids_and_distances_when_asked(self):
        raw = {"path": "/m/raw_lookup", "signal": HASH, "signal_type": "pdq"}
        self.assertEqual(self.ok(self.get(**raw)).json(), {"matches": [17]})
        self.assertEqual(
            self.ok(self.get(**raw, include_distance="true")).json(),
            {"matches": [{"bank_content_id": 17, "distance": "4"}]})

    def test_banks_choose_lists_and_have_to_be_there(self):
        found = self.ok(self.get(signal=HASH, signal_type="pdq", banks="kind"))
        self.assertEqual(found.json(), {
            "kind": [{"bank_content_id": 18, "distance": "4"}]})
        self.fails(self.get(signal=HASH, signal_type="pdq", banks="knd"), 400,
                   "INVALID_ARGUMENT", "banks")

    def test_what_is_not_done_here_is_refused_in_words(self):
        for parameters, part in (
                ({"url": "http://example.org/a.png"}, "fetched"),
                ({}, "both required"), ({"signal": HASH}, "both required"),
                ({"signal": HASH, "signal_type": "x"}, "SignalType"),
                ({"signal": "aa", "signal_type": "pdq"}, "64 hex digits"),
                ({"signal": HASH, "signal_type": "pdq",
                  "bypass_coinflip": "true"}, "policy"),
                ({"signal": HASH, "signal_type": "pdq", "x": "1"}, "known")):
            answer = self.get(**parameters)
            self.fails(answer, 400, "INVALID_ARGUMENT", part)
            self.assertIn(part, answer.json()["message"])
        self.fails(self.form(("video", b"known")), 400, "INVALID_ARGUMENT",
                   "photo")
        self.fails(self.form(("photo", b"a"), ("photo", b"b")), 400,
                   "INVALID_ARGUMENT", "one file")
        self.fails(self.ask("POST", "/h/hash", b"x"), 501, "UNIMPLEMENTED",
                   "kenal hash")


class Refusals(harness.TestCase):
    """What is refused before it is a call is counted like any other."""

    def setUp(self):
        super().setUp()
        self.serve()

    def assert_told(self, answer, *words):
        self.assertGreaterEqual(answer.status, 400)
        self.assertEqual(self.last_refusal().split(" "), [*words, "id-1"])
        self.assertEqual(answer.headers["X-Request-Id"], "id-1")

    def test_the_dispatcher_is_told_of_requests_that_it_does_not_get(self):
        wrong = [
            ("POST", "/v1/match", b"{", {}, "Match INVALID_ARGUMENT"),
            ("POST", "/v1/match", b"{}", {"Content_Type": "text/html"},
             "Match INVALID_ARGUMENT"),
            ("PUT", "/v1/match", b"{}", {}, "Match INVALID_ARGUMENT"),
            ("POST", "/v1/get-list", b"{}", {"Content_Length": "9999999"},
             "GetList RESOURCE_EXHAUSTED"),
            ("GET", "/m/lookup?signal_type=none&signal=x", None, {},
             "Match INVALID_ARGUMENT"),
            ("POST", "/v1/watch-changes", b"{}", {},
             "WatchChanges UNIMPLEMENTED"),
            ("GET", "/nowhere", None, {}, "- NOT_FOUND"),
            ("POST", "/docs", b"", {}, "- INVALID_ARGUMENT"),
            ("GET", "/a%zz", None, {}, "- INVALID_ARGUMENT"),
            ("GET", "/h/hash", None, {}, "- UNIMPLEMENTED")]
        for count, (verb, path, body, headers, told) in enumerate(wrong, 1):
            with self.subTest((verb, path)):
                answer = self.ask(verb, path, body, X_Request_Id="id-1",
                                  **headers)
                self.assert_told(answer, *told.split(" "), "local")
                self.assertEqual(self.say()["refused"], count)
        self.assertEqual(self.say()["calls"], 0)

    def test_what_is_no_http_is_told_of_too(self):
        with self.raw(b"no HTTP at all\r\n\r\n") as raw:
            self.assertIn(raw.recv(1000)[:12], (b"HTTP/1.1 400", b"HTTP/1.1 505"))
        self.assertEqual(self.last_refusal(), "- INVALID_ARGUMENT nobody ")

    def test_answers_and_pages_are_no_refusals(self):
        self.ok(self.post("/v1/match", signals(HASH)))
        self.ok(self.ask("GET", "/healthz"))
        self.assertEqual(self.ask("OPTIONS", "/v1/match").status, 204)
        self.fails(self.post("/v1/get-list", {}), 404, "NOT_FOUND")
        self.assertEqual(self.say()["refused"], 0)


if __name__ == "__main__":
    unittest.main()
