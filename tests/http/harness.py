"""Runs kenal-http-test-server (see test_server.cc) and speaks HTTP with it."""
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

SERVER = os.environ["KENAL_HTTP_TEST_SERVER"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
# Far above what anything here takes, so that a hang is a failure.
TIMEOUT_S = 120


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:2000]!r}"


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=TIMEOUT_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self.path)


class TestCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kenal-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.socket_path = os.path.join(self.folder, "s")

    def serve(self, listen=None, tls=(), quick=False):
        listen = listen or f"unix:{self.socket_path}"
        self.server = subprocess.Popen(
            [SERVER, ("quick:" if quick else "") + listen, *tls],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.stop)
        self.address = self.server.stdout.readline().strip()
        self.assertTrue(self.address, "the server did not start")
        self.port = (0 if self.address.startswith("unix:")
                     else int(self.address.rsplit(":", 1)[1]))

    def stop(self):
        """Returns its exit code; checks that it went down in order."""
        if self.server.poll() is None and not self.server.stdin.closed:
            out, self.err = self.server.communicate(timeout=TIMEOUT_S)
            self.assertIn("down", out)
        for pipe in (self.server.stdin, self.server.stdout,
                     self.server.stderr):
            pipe.close()
        self.assertEqual(self.server.wait(TIMEOUT_S), 0, "the server died")
        return self.server.returncode

    def say(self, line="stats"):
        self.server.stdin.write(line + "\n")
        self.server.stdin.flush()
        words = self.server.stdout.readline().split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def last_refusal(self):
        """What the dispatcher heard last of a request that it did not get."""
        self.server.stdin.write("refusal\n")
        self.server.stdin.flush()
        return self.server.stdout.readline().rstrip("\n")

    def connect(self):
        if self.port == 0:
            return LocalConnection(self.socket_path)
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=TIMEOUT_S)

    def raw(self, text=b""):
        """A plain socket on which `text` was sent."""
        if self.port == 0:
            raw = socket.socket(socket.AF_UNIX)
            raw.connect(self.socket_path)
        else:
            raw = socket.create_connection(("127.0.0.1", self.port))
        raw.settimeout(TIMEOUT_S)
        self.addCleanup(raw.close)
        if text:
            raw.sendall(text)
        return raw

    def ask(self, verb, target, body=None, connection=None, **headers):
        one = connection or self.connect()
        try:
            named = {name.replace("_", "-"): value
                     for name, value in headers.items()}
            one.request(verb, target, body, named)
            return Answer(one.getresponse())
        finally:
            if connection is None:
                one.close()

    def post(self, target, value, **options):
        options.setdefault("Content_Type", "application/json")
        return self.ask("POST", target, json.dumps(value), **options)

    def ok(self, answer, status=200):
        self.assertEqual(answer.status, status, answer)
        return answer

    def fails(self, answer, status, code, *parts):
        self.assertEqual(answer.status, status, answer)
        error = answer.json()["error"]
        self.assertEqual(error["code"], code, answer)
        for part in parts:
            self.assertIn(part, error["message"])
        return error


class Authority:
    """Certificates by openssl in `folder`."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name = folder, name
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                 f"/CN={name}", "-keyout", self.path(f"{name}.key"), "-out",
                 self.path(f"{name}.pem"))

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def file(self):
        return self.path(f"{self.name}.pem")

    @staticmethod
    def run(*arguments):
        subprocess.run(["openssl", *arguments], check=True,
                       capture_output=True)

    def issue(self, name, san, usage="clientAuth", start=None, end=None):
        """Returns (certificate, key)."""
        key, request = self.path(f"{name}.key"), self.path(f"{name}.csr")
        pem, extra = self.path(f"{name}.pem"), self.path(f"{name}.ext")
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test",
                 "-keyout", key, "-out", request)
        with open(extra, "w") as file:
            file.write(f"extendedKeyUsage={usage}\n")
            if san:
                file.write(f"subjectAltName={san}\n")
        if start is None:
            self.run("x509", "-req", "-in", request, "-CA", self.file,
                     "-CAkey", self.path(f"{self.name}.key"), "-days", "1",
                     "-extfile", extra, "-out", pem)
        else:
            for file in ("index.txt", "index.txt.attr"):
                open(self.path(file), "w").close()
            with open(self.path("ca.cnf"), "w") as file:
                file.write("[ca]\ndefault_ca=d\n[d]\ndatabase="
                           f"{self.path('index.txt')}\nrand_serial=yes\n"
                           "default_md=sha256\npolicy=p\nnew_certs_dir="
                           f"{self.folder}\n[p]\ncommonName=supplied\n")
            self.run("ca", "-batch", "-config", self.path("ca.cnf"), "-in",
                     request, "-cert", self.file, "-keyfile",
                     self.path(f"{self.name}.key"), "-startdate", start,
                     "-enddate", end, "-extfile", extra, "-out", pem)
        return pem, key

    def client_context(self, certificate=None):
        context = ssl.create_default_context(cafile=self.file)
        if certificate:
            context.load_cert_chain(*certificate)
        return context
