"""A server under test in a folder that goes away: certificates, a store of
random hashes, `kenal serve` on it, and kenal-load beside it.

Everything that a Rig starts is stopped by close(), whatever happened.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import figures

READY_SECONDS = 600  # ten million entries take a while to load
KNOWN_KEPT = 10_000
CLIENTS = {  # name of the certificate: roles
    "uploads": "query",
    "bulk": "query",
    "keeper": "query,investigate,ingest,curate,audit,admin",
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def run(words, **options):
    done = subprocess.run([str(word) for word in words], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit code "
                           f"{done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Rig:
    def __init__(self, bin_dir, plaintext=False, keep=None):
        self.kenal = pathlib.Path(bin_dir) / "kenal"
        self.load_tool = pathlib.Path(bin_dir) / "kenal-load"
        self.plaintext = plaintext
        self.kept = keep is not None
        self.folder = pathlib.Path(keep or tempfile.mkdtemp(prefix="kenal-rig-"))
        self.folder.mkdir(exist_ok=True)
        self.data = self.folder / "store"
        self.certs = self.folder / "certs"
        self.known = self.folder / "known.txt"
        self.process = None
        self.children = []
        self.serve_words = []
        self.address = self.http_address = None

    def __enter__(self):
        # A signal ends the run as an error does, so that close() happens.
        for one in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, lambda *_: sys.exit(128 + signal.SIGTERM))
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for child in [*self.children, self.process]:
            if child is not None and child.poll() is None:
                child.kill()
                child.wait()
        if not self.kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    def local(self, *words, **options):
        return run([self.kenal, "--data", self.data, "-q", *words], **options)

    # The store.

    def make_store(self, entries, seed):
        """A store with a list `known` of `entries` random hashes and an empty
        list `fresh`; gives seconds and entries a second of the import."""
        if self.data.exists() and self.known.exists():
            return None
        self.local("init")
        for name in ("known", "fresh"):
            self.local("list", "create", name, "--purpose", "test")
        took = self.import_hashes("known", entries, seed, ["--data", self.data],
                                  keep=self.known)
        return took

    def import_hashes(self, name, entries, seed, where, keep=None):
        """Seconds that `kenal import` took."""
        with contextlib.ExitStack() as stack:
            started = os.times().elapsed
            importing = self.start(self.import_words(name, where), stdin=True)
            out = stack.enter_context(importing.stdin)
            sample = stack.enter_context(open(keep, "w")) if keep else None
            for block in hash_lines(entries, seed):
                out.write(block)
                if sample and sample.tell() < KNOWN_KEPT * 69:
                    sample.write(block)
        code = importing.wait()
        if code != 0:
            raise RuntimeError(f"kenal import: exit code {code}: "
                               f"{importing.stderr.read()}")
        return os.times().elapsed - started

    def import_words(self, name, where):
        return [self.kenal, *where, "-q", "import", "--list", name, "--format",
                "pytx", "--source", "a source of random hashes", "-"]

    # The server.

    def make_certificates(self):
        if self.plaintext or self.certs.exists():
            return
        run([self.kenal, "certs", "authority", self.certs])
        run([self.kenal, "certs", "server", self.certs, "--host", "127.0.0.1",
             "--host", "localhost"])
        for name, roles in CLIENTS.items():
            run([self.kenal, "certs", "client", self.certs, name, "--roles",
                 roles])

    def serve(self, *more):
        port, http_port = free_port(), free_port()
        words = [self.kenal, "--data", self.data, "--json", "serve",
                 "--listen", f"127.0.0.1:{port}", *more]
        if not self.plaintext:
            words += ["--http", f"127.0.0.1:{http_port}",
                      "--tls", self.certs / "server"]
            self.http_address = f"127.0.0.1:{http_port}"
        self.serve_words = [str(word) for word in words]
        self.process = self.start(words, ended_by_close=False)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("kenal serve did not start: " +
                               self.process.stderr.read())
        self.ready = json.loads(line)
        self.address = f"127.0.0.1:{port}"

    def stop(self):
        """Ends the server as an operator would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def usage(self):
        return figures.usage(self.process.pid)

    def tls_of(self, client, option="--tls"):
        return [] if self.plaintext else [option, self.certs / client]

    def remote(self, client="keeper"):
        """Options that make `kenal` ask the server."""
        return ["--server", self.address, *self.tls_of(client)]

    # Programs beside it.

    def start(self, words, stdin=False, ended_by_close=True):
        child = subprocess.Popen(
            [str(word) for word in words], text=True,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if ended_by_close:
            self.children.append(child)
        return child

    def load_words(self, *words, client="uploads"):
        self.report_number = getattr(self, "report_number", 0) + 1
        report = self.folder / f"load-{self.report_number}.json"
        return [self.load_tool, "--address", self.address, *self.tls_of(client),
                "--known", self.known, "--known-share", "0.01", "--json",
                report, *words], report

    def load(self, *words, client="uploads"):
        """Runs kenal-load and gives what it measured."""
        command, report = self.load_words(*words, client=client)
        print(run(command), end="", file=sys.stderr, flush=True)
        return json.loads(report.read_text())

    def start_load(self, *words, client="uploads"):
        command, report = self.load_words(*words, client=client)
        return self.start(command), report


def hash_lines(count, seed):
    """`count` lines of `pdq HEX`, in blocks; the same for the same seed."""
    import random
    draw = random.Random(seed)
    for first in range(0, count, 1000):
        block = min(1000, count - first)
        bits = draw.randbytes(32 * block).hex()
        yield "".join(f"pdq {bits[i:i + 64]}\n"
                      for i in range(0, 64 * block, 64))
