"""A server under test in a folder that goes away: certificates, a store of
random hashes, `kenal serve` on it, and kenal-load beside it.

Everything that a Rig starts is stopped by close(), whatever happened.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import figures

ROOT = pathlib.Path(__file__).resolve().parents[2]
KNOWN_KEPT = 10_000
DEVNULL = subprocess.DEVNULL
CLIENTS = {  # name of the certificate: roles
    "uploads": ["query"],
    "bulk": ["query"],
    "keeper": ["query", "investigate", "ingest", "curate", "audit", "admin"],
}


def run(words, **options):
    done = subprocess.run([str(word) for word in words], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: exit code "
                           f"{done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def guarded(main):
    """main(), whose errors are told in a line and an exit code of 1."""
    try:
        return main()
    except (RuntimeError, FileNotFoundError) as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{sys.argv[0]}: interrupted", file=sys.stderr)
    return 1


def add_options(parser):
    parser.add_argument("--bin", type=pathlib.Path,
                        help="folder of kenal and kenal-load (build/release/"
                        "bin, where they are built first)")
    parser.add_argument("--entries", type=int, default=1_000_000,
                        help="random hashes on the list (%(default)s)")
    parser.add_argument("--store", type=pathlib.Path,
                        help="copy this store instead; its list must be made "
                        "of the hashes of --known")
    parser.add_argument("--known", type=pathlib.Path,
                        help="with --store: lines of `pdq HEX`")


def check_options(parser, options):
    """Ends the program, with its usage, when they cannot be right."""
    if options.entries < 1:
        parser.error("--entries must be 1 or more")
    if bool(options.store) != bool(options.known):
        parser.error("--store and --known belong together")
    for name in ("bin", "store", "known"):
        path = getattr(options, name)
        if path and not path.exists():
            parser.error(f"--{name}: {path} is not there")


def programs(options):
    """The folder of kenal and kenal-load, built when --bin names none."""
    if options.bin:
        return options.bin
    log = ROOT / "build/load-build.log"
    log.parent.mkdir(exist_ok=True)
    print("building kenal and kenal-load (release) ...", file=sys.stderr)
    with open(log, "wb") as out:
        for words in (["cmake", "--preset", "release"],
                      ["cmake", "--build", "--preset", "release", "--target",
                       "kenal", "kenal-load"]):
            done = subprocess.run(words, cwd=ROOT, stdout=out, stderr=out,
                                  check=False)
            if done.returncode != 0:
                end = log.read_text(errors="replace").splitlines()[-20:]
                raise RuntimeError("\n".join(
                    ["the build failed:", *end, f"all of it is in {log}"]))
    return ROOT / "build/release/bin"


class Rig:
    def __init__(self, bin_dir):
        self.kenal = pathlib.Path(bin_dir).resolve() / "kenal"
        self.load_tool = self.kenal.with_name("kenal-load")
        for tool in (self.kenal, self.load_tool):
            if not tool.exists():
                raise FileNotFoundError(f"{tool} is not there; build it first, "
                                        "or name its folder with --bin")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kenal-rig-"))
        self.data = self.folder / "store"
        self.certs = self.folder / "certs"
        self.known = self.folder / "known.txt"
        self.known_list = "known"
        self.log = self.folder / "server.log"
        self.errors = self.folder / "server.err"
        self.process = None
        self.children = []
        self.serve_words = []
        self.reports = 0
        self.address = self.http_address = None

    def __enter__(self):
        # A signal ends the run as an error does, so that close() happens.
        for one in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, lambda number, _: sys.exit(128 + number))
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for child in [*self.children, self.process]:
            if child is not None and child.poll() is None:
                child.kill()
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def local(self, *words, **options):
        return run([self.kenal, "--data", self.data, "-q", *words], **options)

    # The store.

    def make_store(self, entries, seed):
        """A store with a list `known` of `entries` random hashes and an empty
        list `fresh`; gives the seconds of the import."""
        self.local("init")
        for name in ("known", "fresh"):
            self.local("list", "create", name, "--purpose", "test")
        return self.import_hashes("known", entries, seed,
                                  ["--data", self.data], keep=self.known)

    def copy_store(self, folder, known):
        """Instead: a copy of one that is there, and the hashes of its list."""
        shutil.copytree(folder, self.data)
        with open(known, encoding="ascii") as lines:
            self.known.write_text("".join(
                line for line, _ in zip(lines, range(KNOWN_KEPT))))
        lists = {one["list"]: one["active"] for one in map(
            json.loads, self.local("--json", "list", "show").splitlines())}
        self.known_list = max(lists, key=lists.get)
        if "fresh" not in lists:
            self.local("list", "create", "fresh", "--purpose", "test")

    def import_hashes(self, name, entries, seed, where, keep=None):
        """Seconds that `kenal import` took."""
        source = self.hash_file(entries, seed)
        if keep:
            with open(source, encoding="ascii") as lines:
                keep.write_text("".join(
                    line for line, _ in zip(lines, range(KNOWN_KEPT))))
        started = time.monotonic()
        run(self.import_words(name, source, where))
        took = time.monotonic() - started
        source.unlink()
        return took

    def hash_file(self, entries, seed):
        """A file of random hashes, the same for the same seed."""
        path = self.folder / f"hashes-{seed}.txt"
        draw = random.Random(seed)
        with open(path, "w", encoding="ascii") as out:
            for first in range(0, entries, 1000):
                block = min(1000, entries - first)
                bits = draw.randbytes(32 * block).hex()
                out.write("".join(f"pdq {bits[i:i + 64]}\n"
                                  for i in range(0, 64 * block, 64)))
        return path

    def import_words(self, name, source, where):
        return [self.kenal, *where, "-q", "import", "--list", name, "--format",
                "pytx", "--source", "a source of random hashes", source]

    # The server.

    def make_certificates(self):
        run([self.kenal, "certs", "init", self.certs])
        run([self.kenal, "certs", "server", self.certs, "--host", "127.0.0.1",
             "--host", "localhost"])
        for name, roles in CLIENTS.items():
            words = [word for role in roles for word in ("--role", role)]
            run([self.kenal, "certs", "client", self.certs, name, *words])

    def serve(self, *more):
        """Starts it and waits until it answers; gives the seconds of that."""
        words = [self.kenal, "--data", self.data, "--json", "serve",
                 "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0",
                 "--tls", self.certs / "server", "--log", self.log, *more]
        self.serve_words = [str(word) for word in words]
        started = time.monotonic()
        with open(self.errors, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                self.serve_words, text=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("kenal serve did not start: " +
                               self.errors.read_text())
        ready = json.loads(line)
        self.address = ready["addresses"][0]
        self.http_address = ready["http"][0]
        return time.monotonic() - started

    def stop(self):
        """Ends the server as an operator would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def alive(self):
        return self.process.poll() is None

    def how_it_ended(self):
        last = self.errors.read_text(errors="replace")[-500:].strip()
        return (f"the server ended with exit code {self.process.wait()}" +
                (f": {last}" if last else ""))

    def usage(self):
        return figures.usage(self.process.pid)

    def set_review_radius(self, bits):
        """Of the large list: searches become dear, or usual again."""
        run([self.kenal, *self.remote(), "-q", "list", "set", self.known_list,
             "--review-radius", bits])

    def remote(self, client="keeper"):
        """Options that make `kenal` ask the server."""
        return ["--server", self.address, "--tls", self.certs / client]

    # Programs beside it.

    def start(self, words, output=subprocess.PIPE):
        child = subprocess.Popen(
            [str(word) for word in words], text=True, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.PIPE)
        self.children.append(child)
        return child

    def load_words(self, *words, client="uploads"):
        self.reports += 1
        report = self.folder / f"load-{self.reports}.json"
        return [self.load_tool, "--address", self.address, "--tls",
                self.certs / client, "--known", self.known, "--known-share",
                "0.01", "--json", report, *words], report

    def load(self, *words, client="uploads"):
        """Runs kenal-load and gives what it measured."""
        command, report = self.load_words(*words, client=client)
        print(run(command), end="", file=sys.stderr, flush=True)
        return json.loads(report.read_text())

    def start_load(self, *words, client="uploads"):
        command, report = self.load_words(*words, client=client)
        return self.start(command), report


def end(child):
    """Ends a program that was started; what it printed."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    try:
        return child.communicate(timeout=30)[0]
    except subprocess.TimeoutExpired:
        child.kill()
        return child.communicate()[0]
