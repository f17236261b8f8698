"""`kenal sync` follows feeds that a small server plays from invented pages."""

import base64
import hashlib
import http.server
import json
import os
import random
import signal
import ssl
import threading
import time
import unittest
import urllib.parse

import harness

NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
USER, PASSWORD, TOKEN = "demo", "CANARY-PASSWORD", "1|CANARY-TOKEN"
PATH = "/npo/v2/entries"


def md5(content):
    return hashlib.md5(content.encode()).hexdigest()


def image(name, content):
    return (f'<image><member id="42">Demo</member><timestamp>2024-01-02T03:04:'
            f'05Z</timestamp><id>{name}</id><classification>A1'
            f'</classification><fingerprints><md5>{md5(content)}</md5>'
            f'<unheard-of>xyz</unheard-of></fingerprints></image>')


def deleted(name):
    return (f'<deletedImage><member id="42">Demo</member><id>{name}</id>'
            f'<timestamp>2024-01-02T03:04:05Z</timestamp></deletedImage>')


def page(images, following=""):
    paging = f"<paging><next>{following}</next></paging>" if following else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<queryResult xmlns='
            f'"{NAMESPACE}"><images count="1">{"".join(images)}</images>'
            f'<videos count="0"/>{paging}</queryResult>').encode()


def following(number):
    return f"/v2/entries?start={number}&amp;size=1000&amp;max=3000"


def in_pages(contents):
    """Bodies of pages of images, each of which names the one after it."""
    last = len(contents) - 1
    return [page(images, following(i + 1) if i < last else "")
            for i, images in enumerate(contents)]


TWO_PAGES = in_pages([
    [image("a", "a1"), image("b", "b1"), image("c", "c1")],
    [image("b", "b2"), deleted("a"), image("d", "d1")]])
CONTENTS = ["a1", "b1", "b2", "c1", "d1"]


class Feed:
    """Plays `pages` over HTTP: the first for whatever names no start."""

    def __init__(self, pages, tls=None):
        self.pages = pages
        self.before = None  # (handler, number of the request) -> True: done
        self.requests = []
        feed = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                feed.requests.append((self.path, dict(self.headers)))
                self.close_connection = False
                if feed.before and feed.before(self, len(feed.requests)):
                    return
                asked = urllib.parse.parse_qs(
                    urllib.parse.urlsplit(self.path).query)
                self.answer(200, feed.pages[int(asked.get("start", ["0"])[0])])

            def answer(self, status, body=b"", **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                if "Content_Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.server.handle_error = lambda *arguments: None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket,
                                                     server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/npo"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Syncing(harness.TestCase):

    def setUp(self):
        super().setUp()
        self.init(("hotline", "child-abuse"))
        self.secret = self.write(
            "credentials", f"user = {USER}\npassword = {PASSWORD}\n")
        os.chmod(self.secret, 0o600)
        self.state = self.path("checkpoint")

    def feed(self, pages=None, tls=None):
        feed = Feed(pages or TWO_PAGES, tls)
        self.addCleanup(feed.close)
        return feed

    def command(self, feed, *more, kind="ncmec", url=None, state=None):
        return ["--json", "sync", "--list", "hotline", "--feed", kind, "--url",
                url or feed.url, "--credentials", self.secret, "--state",
                state or self.state, *more]

    def sync(self, feed, *more, ask_with=None, **options):
        run = ask_with.run if ask_with else self.kenal
        result = run(*self.command(feed, *more, **options))
        said = result.messages() + result.text()
        for secret in (PASSWORD, TOKEN, "CANARY", base64.b64encode(
                f"{USER}:{PASSWORD}".encode()).decode()):
            self.assertNotIn(secret, said)
        for content in CONTENTS:
            self.assertNotIn(md5(content), said)
        return result

    def synced(self, feed, *more, **options):
        return self.ok(self.sync(feed, *more, **options)).lines()[0]

    def entries(self, contents=CONTENTS, ask_with=None):
        """What is matched for each content, and how entries are."""
        answers = self.ask(*(f"md5 {md5(each)}" for each in contents),
                           ask_with=ask_with)
        found = {each: sorted(match["source_id"] for match in answer["matches"])
                 for each, answer in zip(contents, answers)}
        run = ask_with.run if ask_with else self.kenal
        shown, = self.ok(run("--json", "list", "show", "hotline")).lines()
        return found, {state: shown[state] for state in (
            "active", "disputed", "withdrawn")}

    def checkpoint(self):
        if not os.path.exists(self.state):
            return None
        with open(self.state, encoding="utf-8") as file:
            return json.load(file)

    def other_store(self):
        """Another test's folder within this one's."""
        other = Syncing()
        other.folder = self.path(f"other-{len(os.listdir(self.folder))}")
        os.mkdir(other.folder)
        other.data = os.path.join(other.folder, "store")
        other.init(("hotline", "child-abuse"))
        other.secret = self.secret
        other.state = other.path("checkpoint")
        return other

    def unbroken(self, pages=None, contents=CONTENTS):
        other = self.other_store()
        other.synced(self.feed(pages))
        return other.entries(contents)

    def test_pages_are_applied_in_order_and_then_the_checkpoint_is_stored(self):
        feed = self.feed()
        told = self.synced(feed)
        self.assertEqual(
            {key: told[key] for key in (
                "pages", "read", "added", "replaced", "withdrawn", "refused",
                "tombstones", "complete", "ranges")},
            {"pages": 2, "read": 6, "added": 4, "replaced": 1, "withdrawn": 1,
             "refused": 0, "tombstones": 1, "complete": True, "ranges": 1})
        found, counts = self.entries()
        self.assertEqual(found, {"a1": [], "b1": [], "b2": ["42/b"],
                                 "c1": ["42/c"], "d1": ["42/d"]})
        self.assertEqual(counts["withdrawn"], 1)
        self.assertEqual(self.checkpoint()["until"], told["checkpoint"])
        self.assertEqual(os.stat(self.state).st_mode & 0o777, 0o600)
        (first, headers), (second, _) = feed.requests
        self.assertTrue(first.startswith(PATH + "?from=1970-"), first)
        # "&amp;" of the page is "&" of the address.
        self.assertEqual(second, PATH + "?start=1&size=1000&max=3000")
        self.assertEqual(base64.b64decode(headers["Authorization"].split()[1]),
                         f"{USER}:{PASSWORD}".encode())
        shown = self.ok(self.kenal("--json", "entry", "show", "--list",
                                   "hotline", "source:42/b")).lines()[0]
        self.assertEqual(shown["provenance"]["source"], "ncmec")
        self.assertEqual(shown["provenance"]["member"], "Demo")
        self.ok(self.kenal("verify"))

    def test_again_changes_nothing_and_begins_at_the_checkpoint(self):
        feed = self.feed()
        first = self.synced(feed)
        before = self.entries()
        feed.requests.clear()
        again = self.synced(feed)
        self.assertEqual((again["added"], again["withdrawn"]), (0, 0))
        self.assertEqual(self.entries(), before)
        asked = urllib.parse.parse_qs(
            urllib.parse.urlsplit(feed.requests[0][0]).query)
        self.assertLess(asked["from"][0], first["checkpoint"])
        self.assertGreater(asked["from"][0], "2026")

    def test_cut_off_after_page_one_there_is_no_checkpoint(self):
        feed = self.feed()
        feed.before = lambda handler, number: number == 2 and (
            handler.answer(404) or True)
        self.fails(self.sync(feed), 3, "page 2", "404", "no checkpoint yet")
        self.assertIsNone(self.checkpoint())
        feed.before = None
        self.synced(feed)
        self.assertEqual(self.entries(), self.unbroken())

    def test_a_server_can_be_followed_for(self):
        server = self.serve()
        self.synced(self.feed(), ask_with=server)
        found = self.entries(ask_with=server)
        server.stop()
        self.assertEqual(self.entries(), found)
        self.assertEqual(found, self.unbroken())

    def test_killed_at_any_point_it_is_simply_run_again(self):
        source = random.Random(7)
        many, contents = [], []
        for number in range(12):
            images = []
            for i in range(120):
                name = f"{number % 4}-{i}"
                if number >= 4 and source.random() < 0.2:
                    images.append(deleted(name))
                else:
                    content = f"{name}-{source.randrange(3)}"
                    contents.append(content)
                    images.append(image(name, content))
            many.append(images)
        pages, contents = in_pages(many), sorted(set(contents))
        wanted = self.unbroken(pages, contents)
        feed = self.feed(pages)
        killed = 0
        for attempt in range(8):
            # So many answers, and a moment of the work on the last one.
            reached = threading.Event()
            stop_at = source.randrange(1, 13)
            feed.requests.clear()
            feed.before = lambda handler, number, stop_at=stop_at: (
                number == stop_at and reached.set())
            process = harness.start("--data", self.data, "-q",
                                    *self.command(feed),
                                    stdout=-3, stderr=-3)
            self.assertTrue(reached.wait(harness.TIMEOUT_S))
            time.sleep(source.random() * 0.05)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            self.ok(self.kenal("verify"))
        self.assertGreater(killed, 0)
        feed.before = None
        self.synced(feed)
        self.assertEqual(self.entries(contents), wanted)

    def test_ctrl_c_ends_it_between_pages(self):
        feed = self.feed()
        reached, go_on = threading.Event(), threading.Event()

        def hold(handler, number):
            if number == 2:
                reached.set()
                go_on.wait(harness.TIMEOUT_S)
            return False

        feed.before = hold
        process = harness.start("--data", self.data, *self.command(feed),
                                stdout=-1, stderr=-1)
        self.assertTrue(reached.wait(harness.TIMEOUT_S))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=harness.TIMEOUT_S)
        go_on.set()
        self.assertEqual(process.returncode, 4, err)
        self.assertIn(b"stopped; 1 page before it is in the list", err)
        self.assertEqual(json.loads(out)["complete"], False)
        self.assertIsNone(self.checkpoint())

    def test_a_next_page_on_another_host_gets_no_request(self):
        other = self.feed()
        for there in (f"http://127.0.0.1:{other.port}{PATH}?start=1",
                      f"//127.0.0.1:{other.port}{PATH}?start=1",
                      f"http://127.0.0.1@127.0.0.1:{other.port}{PATH}",
                      "/v2/status"):
            with self.subTest(there):
                feed = self.feed([page([image("a", "a1")], there)])
                self.fails(self.sync(feed), 3, "page 1", "next page")
                self.assertEqual(len(feed.requests), 1)
        self.assertEqual(other.requests, [])
        self.assertIsNone(self.checkpoint())
        self.assertEqual(self.entries()[1]["active"], 0)

    def test_a_redirect_is_not_followed(self):
        other = self.feed()
        feed = self.feed()
        feed.before = lambda handler, number: handler.answer(
            302, Location=other.url + "/v2/entries") or True
        self.fails(self.sync(feed), 3, "302", "redirect")
        self.assertEqual(other.requests, [])

    def test_pages_that_go_in_a_circle_are_noticed(self):
        feed = self.feed([page([image("a", "a1")], following(0))])
        self.fails(self.sync(feed), 3, "circle")
        self.assertEqual(len(feed.requests), 2)
        self.assertIsNone(self.checkpoint())

    def test_it_waits_and_tries_again_when_the_feed_is_busy(self):
        feed = self.feed()

        def busy(handler, number):
            if number == 1:
                handler.answer(429, b"later", Retry_After="1")
            elif number == 3:
                handler.answer(500, b"CANARY")
            elif number == 4:
                handler.connection.close()
                handler.close_connection = True
            elif number == 5:
                handler.answer(200, TWO_PAGES[1][:100],
                               Content_Length=str(len(TWO_PAGES[1])))
                handler.connection.close()
                handler.close_connection = True
            else:
                return False
            return True

        feed.before = busy
        told = self.synced(feed)
        self.assertEqual(told["pages"], 2)
        self.assertEqual(len(feed.requests), 6)
        self.assertEqual(self.entries(), self.unbroken())

    def test_a_slow_page_is_given_up(self):
        feed = self.feed()
        over = threading.Event()
        self.addCleanup(over.set)

        def slow(handler, number):
            if number == 1:
                handler.answer(429, Retry_After="3000")
                return True
            return False

        feed.before = slow
        self.fails(self.sync(feed), 4, "429", "3000 s")

        def silent(handler, number):
            handler.answer(200, TWO_PAGES[0][:50],
                           Content_Length=str(len(TWO_PAGES[0])))
            over.wait(harness.TIMEOUT_S)
            return True

        feed.before = silent
        process = harness.start("--data", self.data, *self.command(
            feed, "--timeout", "1"), stdout=-1, stderr=-1)
        for line in process.stderr:
            if b"too long" in line:
                break
        else:
            self.fail("nothing was said of a silent feed")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual(process.returncode, 4)
        self.assertEqual(self.entries()[1]["active"], 0)

    def test_a_page_that_cannot_be_read_is_not_applied(self):
        deep = b"<a>" * 100_000
        entity = page([image("x", "a1")]).replace(
            b"<queryResult", b'<!DOCTYPE q [<!ENTITY e SYSTEM '
            b'"file:///etc/passwd">]><queryResult')
        for bad in (TWO_PAGES[1][:-40], b"", b"<html>log in</html>", entity,
                    page([]).replace(b"<videos", deep + b"<videos"),
                    b'{"data":[]}'):
            with self.subTest(bad[:40]):
                other = self.other_store()
                result = other.sync(self.feed([TWO_PAGES[0], bad]))
                self.fails(result, 3, "page 2", "http://127.0.0.1:",
                           "no checkpoint yet")
                self.assertNotIn("start=", result.messages())
                self.assertEqual(other.entries()[1]["active"], 3)
                self.assertIsNone(other.checkpoint())

    def test_bad_records_are_named_and_the_rest_is_there(self):
        feed = self.feed(in_pages([["<image><id>x</id></image>",
                                    image("a", "a1")]]))
        result = self.sync(feed)
        self.assertEqual(result.code, 1, result)
        self.assertIn("page 1, line 2 is refused: ", result.messages())
        self.assertEqual(result.lines()[0]["refused"], 1)
        self.assertEqual(self.entries()[1]["active"], 1)
        self.assertIsNotNone(self.checkpoint())

    def test_wrong_credentials_are_said_clearly(self):
        feed = self.feed()
        for status, part in ((401, "does not accept the credentials"),
                             (403, "does not let")):
            feed.before = lambda handler, number, status=status: (
                handler.answer(status, b"CANARY") or True)
            self.fails(self.sync(feed), 3, part, str(status))
        feed.before = None
        feed.requests.clear()
        os.chmod(self.secret, 0o640)
        self.fails(self.sync(feed), 3, "chmod 600")
        os.remove(self.secret)
        self.fails(self.sync(feed), 2, "no such file")
        self.assertEqual(feed.requests, [])

    def test_credentials_may_come_from_the_environment(self):
        feed = self.feed()
        words = [word for word in self.command(feed)
                 if word not in ("--credentials", self.secret)]
        self.fails(self.kenal(*words), 2, "--credentials")
        env = harness.environment(
            KENAL_FEED_CREDENTIALS=f"user = {USER}\npassword = {PASSWORD}")
        self.ok(self.kenal(*words, env=env))

    def pki(self, host):
        """(certificate, key) of a server of that name, and its authority."""
        folder = self.path("pki-" + host)
        self.ok(harness.run("-q", "certs", "init", folder))
        self.ok(harness.run("-q", "certs", "server", folder, "--host", host))
        at = [os.path.join(folder, name)
              for name in ("server.pem", "server.key", "ca.pem")]
        return at[:2], at[2]

    def test_tls_is_checked(self):
        files, authority = self.pki("127.0.0.1")
        feed = self.feed(tls=files)
        self.fails(self.sync(feed), 3, "certificate", "--ca")
        self.fails(self.sync(feed, "--ca", self.secret), 2, "PEM")
        files, other = self.pki("feed.example")
        self.fails(self.sync(feed, "--ca", other), 3, "certificate")
        elsewhere = self.feed(tls=files)
        self.fails(self.sync(elsewhere, "--ca", other), 3, "certificate")
        self.assertEqual(feed.requests + elsewhere.requests, [])
        self.synced(feed, "--ca", authority)
        self.assertEqual(self.entries(), self.unbroken())

    def test_wrong_usage_sends_nothing(self):
        feed = self.feed()
        for code, part, arguments in (
                (3, "purpose", self.command(feed, kind="stopncii")),
                (2, "ncmec", self.command(feed, kind="iwf")),
                (2, "in the clear", self.command(
                    feed, url="http://feed.example/npo")),
                (2, "user", self.command(
                    feed, url="https://demo:CANARY@feed.example/npo")),
                (2, "--from", self.command(feed, "--from", "yesterday")),
                (2, "future", self.command(feed, "--to", "2999-01-01")),
                (2, "no such folder", self.command(
                    feed, state=self.path("no", "state"))),
                (2, "token", self.command(feed, kind="threatexchange"))):
            with self.subTest(part):
                result = self.fails(self.kenal(*arguments), code, part)
                self.assertNotIn("CANARY", result.messages())
        self.assertEqual(feed.requests, [])
        self.assertIsNone(self.checkpoint())

    def test_a_rehearsal_changes_nothing(self):
        told = self.synced(self.feed(), "--dry-run")
        self.assertEqual((told["read"], told["tombstones"]), (6, 1))
        self.assertEqual(self.entries()[1]["active"], 0)
        self.assertIsNone(self.checkpoint())

    def test_a_checkpoint_is_not_taken_to_another_store(self):
        feed = self.feed()
        self.synced(feed)
        other = self.other_store()
        feed.requests.clear()
        self.fails(other.sync(feed, state=self.state), 3, "another store")
        self.assertEqual(feed.requests, [])

    def test_a_store_restored_from_before_is_noticed(self):
        backup = self.path("backup")
        self.ok(self.kenal("backup", "create", backup))
        feed = self.feed()
        self.synced(feed)
        restored = self.path("restored")
        self.ok(harness.run("backup", "restore", backup,
                            "--to", restored))
        self.data = restored
        # Others may have written as much to it meanwhile.
        self.import_lines("hotline", *(f"md5 {md5(str(i))}"
                                       for i in range(9)))
        for i in range(9):
            self.import_lines("hotline", f"md5 {md5(f'more {i}')}")
        feed.requests.clear()
        self.fails(self.sync(feed), 3, "ahead of the store", "--state")
        self.assertEqual(feed.requests, [])

    def test_threatexchange_is_followed_with_its_token(self):
        os.chmod(self.secret, 0o600)
        self.write("credentials", f"token = {TOKEN}\n")

        def descriptor(name, content, **more):
            return {"id": name, "type": "HASH_MD5", "indicator": md5(content),
                    "owner": {"id": "7", "name": "Demo"},
                    "status": "MALICIOUS", **more}

        feed = self.feed()
        path = "/v9.0/12/threat_updates"
        url = feed.url.replace("/npo", path)
        feed.pages = [json.dumps(each).encode() for each in (
            {"data": [descriptor("1", "a1"), descriptor("2", "b1"),
                      descriptor("3", "c1")],
             "paging": {"cursors": {"after": "x"},
                        "next": f"{url}?access_token=z&start=1"}},
            {"data": [{"id": "1", "should_delete": True},
                      descriptor("2", "b1", status="NON_MALICIOUS"),
                      descriptor("4", "d1")], "paging": {}})]
        told = self.synced(feed, kind="threatexchange", url=url + "/")
        self.assertEqual((told["added"], told["withdrawn"]), (4, 2))
        self.assertEqual(self.entries()[0],
                         {"a1": [], "b1": [], "b2": [], "c1": ["3"],
                          "d1": ["4"]})
        for asked, _ in feed.requests:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(asked).query)
            self.assertEqual(query["access_token"], [TOKEN])
        with open(self.state, encoding="utf-8") as file:
            self.assertNotIn("CANARY", file.read())


if __name__ == "__main__":
    unittest.main()
