"""Clients that break rules, are slow, vanish, or come in great numbers."""
import json
import os
import random
import re
import resource
import select
import socket
import time
import unittest

import harness
from routes_test import HASH, signals

WHO = b"POST /v1/who-am-i HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"


def match(region="", extra=b""):
    body = json.dumps({**signals(HASH), "region": region}).encode()
    return (b"POST /v1/match HTTP/1.1\r\nHost: a\r\nContent-Type: "
            b"application/json\r\n" + extra +
            b"Content-Length: %d\r\n\r\n" % len(body) + body)


def read_all(raw):
    """Until the server closes."""
    got = b""
    while True:
        try:
            piece = raw.recv(1 << 16)
        except ConnectionResetError:
            return got
        if not piece:
            return got
        got += piece


def read_answers(raw, count):
    """So many whole answers: [(status, body)], and whether bytes are left."""
    got, answers = b"", []
    while len(answers) < count:
        head, mark, rest = got.partition(b"\r\n\r\n")
        if mark:
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if len(rest) >= length:
                status = int(head.split()[1])
                got = rest[length:]
                if status != 100:
                    answers.append((status, rest[:length]))
                continue
        piece = raw.recv(1 << 16)
        if not piece:
            raise AssertionError(f"closed after {answers} {got!r}")
        got += piece
    return answers, got


class Framing(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def refused(self, text, *statuses):
        got = read_all(self.raw(text))
        self.assertIn(got[:13], [b"HTTP/1.1 %d " % one for one in statuses])
        self.assertIn(b"Connection: close", got)
        self.assertEqual(len(re.findall(rb"HTTP/1\.1 \d", got)), 1, got)

    def test_what_can_be_framed_in_two_ways_is_refused_and_closed(self):
        post = b"POST /v1/who-am-i HTTP/1.1\r\nHost: a\r\n"
        chunks = b"0\r\n\r\n" + WHO
        for text in (
                post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
                b"\r\n" + chunks,
                post + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"
                b"\r\n" + chunks,
                post + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunks,
                post + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: "
                b"identity\r\n\r\n" + chunks,
                post + b"Transfer-Encoding: identity\r\n\r\n" + WHO,
                post + b"Transfer-Encoding : chunked\r\n\r\n" + chunks,
                post + b"Content-Length: 0\r\nContent-Length: 7\r\n\r\n" + WHO,
                post + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + WHO,
                post + b"Content-Length: +0\r\n\r\n" + WHO,
                post + b"Content-Length: 0x0\r\n\r\n" + WHO,
                post + b"Content-Length: -1\r\n\r\n" + WHO,
                post + b"Content-Length: 99999999999999999999\r\n\r\n" + WHO,
                post.replace(b"\r\n", b"\n") + b"\n" + WHO,
                b"POST /v1/who-am-i HTTP/1.1\r\nHost: a\nX: y\r\n\r\n" + WHO,
                b"POST /v1/who-am-i HTTP/1.1\r\n\r\n" + WHO,
                post + b"Host: b\r\n\r\n" + WHO,
                b"POST /v1/who-am-i HTTP/1.1\r\nHost: a b\r\n\r\n" + WHO,
                b"POST /v1/who-am-i HTTP/1.1\r\nHost: a/b\r\n\r\n" + WHO,
                b"POST /v1/who-am-i HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"
                b"\r\n" + chunks,
                b"GET /healthz\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
                b"GET /healthz HTTP/1.1\r\nHost: a\r\nX\x00: y\r\n\r\n" + WHO):
            with self.subTest(text[:200]):
                self.refused(text + b"\r\n\r\n", 400, 505)

    def test_heads_are_bounded(self):
        for head in (b"GET /" + b"a" * 9000, b"GET / HTTP/1.1\r\nHost: a\r\n" +
                     b"X: y\r\n" * 3000):
            self.refused(head + b"\r\n\r\n", 431)

    def test_other_versions_are_refused(self):
        self.refused(b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505)
        self.refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)

    def test_requests_in_a_row_are_answered_in_order(self):
        raw = self.raw(match() + WHO + match("SL") + match() + WHO)
        answers, rest = read_answers(raw, 5)
        self.assertEqual([status for status, body in answers], [200] * 5)
        self.assertEqual([b"roles" in body for status, body in answers],
                         [False, True, False, False, True])
        self.assertEqual(rest, b"")

    def test_a_request_may_come_byte_by_byte(self):
        raw = self.raw()
        for byte in match(extra=b"X-Request-Id: z\r\n"):
            raw.sendall(bytes([byte]))
        answers, _ = read_answers(raw, 1)
        self.assertIn(b"VERDICT_NEAR", answers[0][1])

    def test_chunks_are_put_together(self):
        body = json.dumps(signals(HASH)).encode()
        text = b"".join(b"%x;e=1\r\n%c\r\n" % (1, byte) for byte in body)
        raw = self.raw(b"POST /v1/match HTTP/1.1\r\nHost: a\r\nTransfer-"
                       b"Encoding: chunked\r\n\r\n" + text + b"0\r\n\r\n" + WHO)
        answers, _ = read_answers(raw, 2)
        self.assertIn(b"VERDICT_NEAR", answers[0][1])
        self.assertIn(b"roles", answers[1][1])

    def test_what_surrounds_chunks_is_bounded(self):
        head = (b"POST /v1/match HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                b"chunked\r\n\r\n")
        for text in (b"1;" + b"a" * (2 << 20), b"0" * (2 << 20),
                     b"1\r\nx\r\n0\r\n" + b"X: yy\r\n" * (1 << 18)):
            raw = self.raw()
            try:
                raw.sendall(head + text)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertEqual(read_all(raw)[:13], b"HTTP/1.1 400 ")

    def test_whoever_waits_to_be_asked_for_the_body_is_asked(self):
        head, _, body = match(extra=b"Expect: 100-continue\r\n").partition(
            b"\r\n\r\n")
        raw = self.raw(head + b"\r\n\r\n")
        self.assertEqual(raw.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
        raw.sendall(body)
        self.assertEqual(read_answers(raw, 1)[0][0][0], 200)
        self.refused(head.replace(b"100-continue", b"tea") + b"\r\n\r\n", 417)

    def test_the_body_of_a_refused_request_is_not_asked_for(self):
        raw = self.raw(b"POST /v1/no HTTP/1.1\r\nHost: a\r\nExpect: "
                       b"100-continue\r\nContent-Length: 9\r\n\r\n")
        got = raw.recv(1 << 16)
        self.assertTrue(got.startswith(b"HTTP/1.1 404 "), got)

    def test_bodies_beyond_the_route_are_refused_by_their_length(self):
        for path, size in ((b"/v1/match", (65 << 20) + 1),
                           (b"/v1/who-am-i", (1 << 20) + 1),
                           (b"/v1/match", 1 << 62)):
            self.refused(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d"
                         b"\r\n\r\nabc" % (path, size), 413)
        self.refused(b"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1"
                     b"\r\n\r\nx", 413)

    def test_a_client_that_sends_on_after_its_refusal_still_sees_it(self):
        raw = self.raw(b"POST /v1/who-am-i HTTP/1.1\r\nHost: a\r\n"
                       b"Content-Length: 3000000\r\n\r\n")
        try:
            raw.sendall(b"x" * 3_000_000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertTrue(read_all(raw).startswith(b"HTTP/1.1 413 "))

    def test_http_1_0_is_answered_and_closed(self):
        got = read_all(self.raw(b"GET /healthz HTTP/1.0\r\n\r\n"))
        self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got)

    def test_random_bytes_get_a_well_formed_answer_or_a_close(self):
        seed = random.randrange(1 << 32)
        source = random.Random(seed)
        samples = [WHO, match(), match(extra=b"Expect: 100-continue\r\n"),
                   b"GET /m/lookup?signal_type=pdq&signal=" + HASH.encode() +
                   b" HTTP/1.1\r\nHost: a\r\n\r\n",
                   b"POST /m/lookup HTTP/1.1\r\nHost: a\r\nContent-Type: "
                   b"multipart/form-data; boundary=b\r\nTransfer-Encoding: "
                   b"chunked\r\n\r\n5\r\n--b\r\n\r\n0\r\n\r\n"]
        for turn in range(400):
            text = bytearray(source.choice(samples) + source.choice(samples))
            for _ in range(source.randrange(1, 6)):
                at = source.randrange(len(text))
                kind = source.randrange(4)
                if kind == 0:
                    text[at] = source.randrange(256)
                elif kind == 1:
                    del text[at:at + source.randrange(1, 20)]
                elif kind == 2:
                    text[at:at] = source.choice(
                        [b"\r\n", b"\n", b"\0", b" ", b":", b"%", b"0",
                         b"Content-Length: 3\r\n"])
                else:
                    text[at:at] = text[at:at + source.randrange(1, 40)]
                if not text:
                    text = bytearray(b"x")
            raw = self.raw()
            try:
                raw.sendall(text)
                raw.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # It was refused already.
            got = read_all(raw)
            raw.close()
            if got:
                self.assertRegex(got, rb"^HTTP/1\.1 \d\d\d [A-Za-z ]+\r\n",
                                 f"seed {seed} turn {turn} {text!r}")
        self.ok(self.ask("GET", "/healthz"))


class Slow(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.serve(quick=True)

    def test_a_head_that_does_not_come_is_told_so(self):
        got = read_all(self.raw(b"GET /healthz HT"))
        self.assertTrue(got.startswith(b"HTTP/1.1 408 "), got)

    def test_a_body_that_comes_too_slowly_is_ended(self):
        head, _, body = match().partition(b"\r\n\r\n")
        raw = self.raw(head + b"\r\n\r\n")
        begun = time.monotonic()
        try:
            for byte in body * 100:
                raw.sendall(bytes([byte]))
                time.sleep(0.05)
                if time.monotonic() - begun > 60:
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.assertLess(time.monotonic() - begun, 60)

    def test_a_connection_without_requests_is_ended(self):
        raw = self.raw(WHO)
        read_answers(raw, 1)
        self.assertEqual(raw.recv(1), b"")

    def test_a_reader_who_does_not_read_is_ended(self):
        raw = self.raw()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        body = json.dumps({"contents": [signals(HASH)["content"]] * 1024})
        raw.sendall(b"POST /v1/batch-match HTTP/1.1\r\nHost: a\r\nContent-"
                    b"Length: %d\r\n\r\n%s" % (len(body), body.encode()))
        for _ in range(600):
            if self.say()["connections"] == 0:
                return
            time.sleep(0.1)
        self.fail("the connection stayed")

    def test_an_answer_that_is_too_large_says_so(self):
        raw = self.raw(match("BG"))
        answers, _ = read_answers(raw, 1)
        self.assertEqual(answers[0][0], 413)
        self.assertIn(b"fewer", answers[0][1])

    def test_a_call_hears_that_its_client_has_gone(self):
        raw = self.raw(match("HG"))
        time.sleep(0.3)
        raw.close()
        for _ in range(600):
            if self.say()["cancelled"] == 1:
                return
            time.sleep(0.1)
        self.fail("nobody told the call")

    def test_a_client_that_only_reads_on_is_answered(self):
        for listen in (None, "127.0.0.1:0"):
            self.stop()
            self.serve(listen)
            raw = self.raw(match("SL"))
            raw.shutdown(socket.SHUT_WR)
            got = read_all(raw)
            self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got)
            self.assertEqual(self.say()["cancelled"], 0)

    def held_bodies_refused(self):
        """How many of six bodies of 8 MiB, of 24 that are allowed."""
        held = [self.raw(b"POST /v1/match HTTP/1.1\r\nHost: a\r\nContent-"
                         b"Type: image/png\r\nContent-Length: 9000000\r\n"
                         b"\r\n") for _ in range(6)]
        for raw in held:
            try:
                raw.sendall(b"x" * (8 << 20))
            except (BrokenPipeError, ConnectionResetError):
                pass
        got = [read_all(raw)[:13] for raw in held]
        for raw in held:
            raw.close()
        return got.count(b"HTTP/1.1 429 ")

    def test_bodies_in_memory_are_bounded(self):
        # A busy machine may be so slow that the first bodies run out of time.
        for _ in range(20):
            if self.held_bodies_refused() > 0:
                break
        else:
            self.fail("all bodies were held")
        self.ok(self.ask("GET", "/healthz"))

    def test_beyond_the_cap_idle_connections_make_room(self):
        held = [self.raw(WHO) for _ in range(64)]
        for raw in held:
            read_answers(raw, 1)
        time.sleep(1.2)
        self.ok(self.ask("GET", "/healthz"))

    def test_beyond_the_cap_a_busy_server_closes_the_newcomer(self):
        held = [self.raw(match("HG")) for _ in range(64)]
        for _ in range(600):
            if self.say()["calls"] == 64:
                break
            time.sleep(0.1)
        raw = self.raw()
        try:
            raw.sendall(WHO)
            self.assertEqual(read_all(raw), b"")
        except (BrokenPipeError, ConnectionResetError):
            pass
        for one in held:
            one.close()
        for _ in range(600):
            if self.say()["connections"] == 0:
                break
            time.sleep(0.1)
        self.ok(self.ask("GET", "/healthz"))


class Large(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.serve()

    def begin_texts(self, count):
        """JSON bodies of 40 MB that lack their last byte."""
        body = json.dumps({"content": {"picture": "a25vd24h" * 5_000_000}})
        head = (b"POST /v1/match HTTP/1.1\r\nHost: a\r\nContent-Type: "
                b"application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        raws = [self.raw(head) for _ in range(count)]
        for raw in raws:
            raw.sendall(body[:-1].encode())
        return raws

    def test_pictures_do_not_wait_for_large_texts(self):
        picture = b"known" + bytes(200_000)
        kept = self.connect()
        self.ok(self.ask("GET", "/healthz", connection=kept))
        overtook = 0
        for _ in range(10):
            raws = self.begin_texts(3)
            for raw in raws:
                raw.sendall(b"}")
            self.ok(self.ask("POST", "/v1/match", picture, kept,
                             Content_Type="image/png"))
            overtook = len(raws) - len(select.select(raws, [], [], 0)[0])
            for raw in raws:
                answers, _ = read_answers(raw, 1)
                self.assertEqual(answers[0][0], 200)
            if overtook:
                break
        kept.close()
        self.assertGreater(overtook, 0)

    def test_of_many_large_texts_of_a_client_some_have_to_come_again(self):
        raws = self.begin_texts(8)
        for raw in raws:
            raw.sendall(b"}")
        statuses = [read_answers(raw, 1)[0][0][0] for raw in raws]
        self.assertEqual(set(statuses), {200, 429})


class Many(harness.TestCase):
    def test_1500_idle_slow_and_half_open_clients_do_not_stop_others(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.serve(listen="127.0.0.1:0")
        idle = [self.raw(WHO) for _ in range(500)]
        for raw in idle:
            read_answers(raw, 1)
        slow = [self.raw(match()[:40 + i % 200]) for i in range(500)]
        half = [self.raw() for _ in range(500)]
        for _ in range(600):
            count = self.say()["connections"]
            if count == 1500:
                break
            time.sleep(0.1)
        self.assertEqual(count, 1500)
        one = self.connect()
        for _ in range(500):
            self.ok(self.post("/v1/match", signals(HASH), connection=one))
        one.close()
        for raw in idle + slow + half:
            raw.close()


class Ending(harness.TestCase):
    def test_what_was_accepted_is_answered_before_it_ends(self):
        self.serve()
        idle = self.raw()
        raws = [self.raw(match("SL")) for _ in range(20)]
        for _ in range(600):
            if self.say()["calls"] == 20:
                break
            time.sleep(0.05)
        self.server.stdin.close()
        for raw in raws:
            got = read_all(raw)
            self.assertTrue(got.startswith(b"HTTP/1.1 200 "), got)
            self.assertIn(b"VERDICT_NEAR", got)
        self.assertEqual(read_all(idle), b"")
        self.assertEqual(self.server.wait(harness.TIMEOUT_S), 0)
        self.assertFalse(os.path.exists(self.socket_path))

    def test_the_socket_is_its_owners_alone(self):
        self.serve()
        self.assertEqual(os.stat(self.socket_path).st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
