"""The upload hooks of examples/, as a platform would run them: in front of a
real `kenal serve` over mutual TLS.

    upload_hook_test.py --kenal BINARY --stubs FOLDER --hook python
    upload_hook_test.py --kenal BINARY --stubs FOLDER --hook node
                        --modules FOLDER
"""

import argparse
import concurrent.futures
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

import node_modules
import serving

CLIENTS = """
kenal://client/uploads    query
kenal://client/limited    query         rate=1
kenal://client/mistaken   audit
"""
MODS = serving.PICTURE.parent
OTHERS = MODS.parent / "reg-test-input/labelme-subset"
LISTED = (MODS / "aaa-orig.jpg").read_bytes()
COPY = (MODS / "shrink-a-little.jpg").read_bytes()
UNKNOWN = (OTHERS / "q0003.jpg").read_bytes()
DOUBTFUL = (OTHERS / "q0122.jpg").read_bytes()
TWICE = (OTHERS / "q1050.jpg").read_bytes()
TIMEOUT_S = serving.TIMEOUT_S
options = None  # set by main
world = None    # set by main


class World:
    """A folder with certificates, a store with two lists, and its server."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = serving.Authority(folder / "tls")
        self.server_files = self.authority.issue(
            "server", ["DNS:localhost", "IP:127.0.0.1"])
        self.table = folder / "clients.txt"
        self.table.write_text(CLIENTS)
        for name in ("uploads", "limited", "mistaken", "stranger"):
            self.authority.issue(name, [f"URI:kenal://client/{name}"])
        self.log = folder / "requests.log"
        self.store = folder / "store"
        self.kenal("init")
        for name, label, picture in (("known", "block", LISTED),
                                     ("doubtful", "review", DOUBTFUL)):
            file = folder / f"{name}.jpg"
            file.write_bytes(picture)
            self.kenal("list", "create", name, "--purpose", "child-abuse",
                       "--action-label", label)
            self.kenal("ingest", "--list", name, "--source", "test", file)
        # On two lists, and overruled on one of them.
        file = folder / "twice.jpg"
        file.write_bytes(TWICE)
        for name in ("one", "two"):
            self.kenal("list", "create", name, "--purpose", "child-abuse",
                       "--action-label", "block")
            self.kenal("ingest", "--list", name, "--source", "test", file)
        self.kenal("list", "create", "own", "--purpose", "own-decisions",
                   "--action-label", "allow")
        self.kenal("ingest", "--list", "own", "--source", "test",
                   "--overrules", "one/1", file)
        # A port that stays the same when the server comes again.
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.served = None
        self.start()

    def kenal(self, *arguments):
        serving.run(options.kenal, "--data", self.store, *arguments)

    def start(self):
        self.served = serving.Served(
            options.kenal, self.store, [],
            ["--listen", f"127.0.0.1:{self.port}", "--log", self.log,
             "--log-level", "debug",
             *serving.tls_flags(self.server_files, self.authority,
                                self.table)]).__enter__()

    def stop(self):
        self.served.__exit__(None)
        self.served = None


class Hook:
    """A running hook that asks as the client `name`."""

    def __init__(self, name):
        arguments = ["--listen", "127.0.0.1:0", "--server",
                     f"localhost:{world.port}",
                     "--tls", str(world.authority.folder / name)]
        examples = serving.ROOT / "examples"
        if options.hook == "python":
            command = ["/usr/bin/python3", "-B",
                       examples / "python/upload_hook.py"]
            extra = {"PYTHONPATH": ":".join(options.stubs)}
        else:
            command = [node_modules.program("node"),
                       examples / "node/upload_hook.js"]
            extra = {"NODE_PATH": options.modules}
        self.process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, text=True,
            env=serving.environment(**extra))
        line = self.process.stdout.readline()
        self.port = int(re.fullmatch(
            r"listening on http://127\.0\.0\.1:(\d+)\n", line)[1])

    def upload(self, picture, headers=None, path="/upload"):
        """(status, answer, headers)."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request("POST", path, picture, headers or {})
            response = connection.getresponse()
            return (response.status, json.loads(response.read()),
                    response.headers)
        finally:
            connection.close()

    def stop(self):
        """Its log, after a proper end."""
        self.process.send_signal(signal.SIGTERM)
        log = self.process.stdout.read()
        self.process.stdout.close()
        code = self.process.wait(timeout=TIMEOUT_S)
        assert code == 0, f"the hook ended with {code}"
        return log


class UploadHook(unittest.TestCase):
    def hook(self, name="uploads"):
        hook = Hook(name)

        def end():
            if hook.process.poll() is None:
                hook.stop()
        self.addCleanup(end)
        return hook

    def decided(self, hook, picture, status, decision, why, again=False):
        found, answer, headers = hook.upload(picture)
        self.assertEqual((found, answer["decision"], answer["why"]),
                         (status, decision, why))
        self.assertEqual("Retry-After" in headers, again, answer)
        if again:
            self.assertGreaterEqual(int(headers["Retry-After"]), 1)

    def test_uploads_are_blocked_held_and_accepted(self):
        hook = self.hook()
        self.decided(hook, LISTED, 403, "block", "EXACT")
        self.decided(hook, COPY, 403, "block", "NEAR")
        self.decided(hook, UNKNOWN, 200, "accept", "NO_KNOWN_MATCH")
        # Other bytes, the same picture: a list whose label is "review".
        self.decided(hook, DOUBTFUL + b"\0", 202, "hold", "NEAR")
        self.decided(hook, b"not a picture", 202, "hold", "UNAVAILABLE")
        self.decided(hook, b"", 202, "hold", "UNAVAILABLE")

    # The first match says "allow", and so does the answer's own label.
    def test_a_lenient_label_of_one_match_hides_no_other(self):
        self.decided(self.hook(), TWICE + b"\0", 403, "block", "NEAR")

    def test_a_request_keeps_its_id_from_end_to_end(self):
        hook = self.hook()
        asked = f"upload-{time.monotonic_ns()}"
        _, answer, headers = hook.upload(LISTED, {"X-Request-ID": asked})
        self.assertEqual(answer["request_id"], asked)
        self.assertEqual(headers["X-Request-ID"], asked)
        _, answer, _ = hook.upload(LISTED, {"X-Request-ID": "two words"})
        made = answer["request_id"]
        self.assertRegex(made, r"^[!-~]{1,64}$")
        self.assertIn(f"{asked} 403 block EXACT\n", hook.stop())
        end = time.monotonic() + TIMEOUT_S
        while True:
            log = world.log.read_text()
            if asked in log and made in log:
                break
            self.assertLess(time.monotonic(), end, "not in the server's log")
            time.sleep(0.05)

    def test_uploads_are_held_while_the_server_is_down(self):
        hook = self.hook()
        self.decided(hook, UNKNOWN, 200, "accept", "NO_KNOWN_MATCH")
        world.stop()
        try:
            self.decided(hook, LISTED, 202, "hold", "UNAVAILABLE", again=True)
            self.decided(hook, UNKNOWN, 202, "hold", "UNAVAILABLE",
                         again=True)
        finally:
            world.start()
        end = time.monotonic() + TIMEOUT_S
        while hook.upload(UNKNOWN)[0] != 200:
            self.assertLess(time.monotonic(), end, "it did not reconnect")
        self.decided(hook, LISTED, 403, "block", "EXACT")

    # A rate of one a second: some are answered after a wait, others are told
    # to come again, and none is let through unasked.
    def test_uploads_over_quota_wait_or_are_held(self):
        hook = self.hook("limited")
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            found = list(pool.map(lambda _: hook.upload(LISTED), range(24)))
        held = [one for one in found if one[0] == 202]
        blocked = [one for one in found if one[0] == 403]
        self.assertEqual(len(held) + len(blocked), len(found))
        self.assertGreater(len(held), 0)
        self.assertGreater(len(blocked), 1)
        for _, answer, headers in held:
            self.assertEqual(answer["why"], "RESOURCE_EXHAUSTED")
            self.assertGreaterEqual(int(headers["Retry-After"]), 1)

    def test_a_mistake_of_the_setup_holds_everything(self):
        for name, why in (("mistaken", "PERMISSION_DENIED"),
                          ("stranger", "UNAUTHENTICATED")):
            hook = self.hook(name)
            self.decided(hook, UNKNOWN, 202, "hold", why)
            self.assertIn(why + ": ", hook.stop())

    def test_requests_that_are_no_uploads_are_refused(self):
        hook = self.hook()
        self.assertEqual(hook.upload(UNKNOWN, path="/other")[0], 404)
        for length, status in ((None, 411), ("99999999999", 413),
                               ("-1", 411), ("1e3", 411)):
            with socket.create_connection(
                    ("127.0.0.1", hook.port), timeout=TIMEOUT_S) as raw:
                head = "POST /upload HTTP/1.1\r\nHost: h\r\n"
                if length is not None:
                    head += f"Content-Length: {length}\r\n"
                raw.sendall(head.encode() + b"\r\n")
                line = raw.makefile("rb").readline().decode()
                # Node's parser refuses some of them by itself.
                self.assertIn(int(line.split()[1]), {status, 400}, line)
        self.decided(hook, UNKNOWN, 200, "accept", "NO_KNOWN_MATCH")


def main():
    global options, world
    parser = argparse.ArgumentParser()
    serving.add_options(parser)
    parser.add_argument("--hook", choices=("python", "node"), required=True)
    parser.add_argument("--modules")
    options = parser.parse_args()
    with serving.Folder() as folder:
        world = World(folder)
        try:
            result = unittest.main(argv=sys.argv[:1], exit=False,
                                   verbosity=2).result
        finally:
            if world.served:
                world.stop()
        if not result.wasSuccessful():
            sys.stderr.write((folder / "serve.log").read_text())
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
