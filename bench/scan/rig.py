"""Runs of `kenal scan` as a measurement needs them: timed, with the most memory
that all of its processes had together, with its events, and killed."""

import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def children_of(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found = []
    for task in tasks:
        try:
            text = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in text.split()]
    return found


def resident_bytes(pid):
    """Of a process; what it shares with others counts in each."""
    try:
        text = pathlib.Path(f"/proc/{pid}/statm").read_text()
        return int(text.split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0


class MemoryWatch:
    """The most memory of a process, and of it and its children together."""

    def __init__(self, pid):
        self.pid = pid
        self.own_bytes = 0
        self.all_bytes = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.ended.wait(0.25):
            own = resident_bytes(self.pid)
            self.own_bytes = max(self.own_bytes, own)
            self.all_bytes = max(self.all_bytes, own + sum(
                resident_bytes(child) for child in children_of(self.pid)))

    def end(self):
        self.ended.set()
        self.thread.join()


class Scan:
    """One run. `events` are its JSON lines, each with `wall_s`, the seconds
    since it was started."""

    def __init__(self, rig, store, out, *arguments):
        self.command = [
            rig.kenal, "--data", str(store), "--json", "-q", "scan", "--out",
            str(out), "--case", "bench", "--authority", "bench", "--examiner",
            "bench", "--key", str(rig.folder / "key.pem"),
            *map(str, arguments)]
        self.out = pathlib.Path(out)
        self.events = []
        self.errors = b""
        self.begin = time.monotonic()
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.memory = MemoryWatch(self.process.pid)
        self.readers = [threading.Thread(target=self.read_events),
                        threading.Thread(target=self.read_errors)]
        for reader in self.readers:
            reader.start()

    def read_events(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue  # cut off by a kill
            self.events.append(
                {**event, "wall_s": time.monotonic() - self.begin})

    def read_errors(self):
        self.errors = self.process.stderr.read()

    def wait(self):
        """The exit code."""
        code = self.process.wait()
        self.seconds = time.monotonic() - self.begin
        for reader in self.readers:
            reader.join()
        self.memory.end()
        return code

    def kill(self):
        self.process.kill()
        self.wait()

    def finish(self):
        """Waits; a scan that failed altogether is an error here. 1: some was
        not examined, as is so on this evidence."""
        code = self.wait()
        if code not in (0, 1) or not self.of("done"):
            raise RuntimeError(
                f"{self.command} ended with {code}: "
                f"{self.errors.decode(errors='replace')[-2000:]}")
        return self

    def of(self, kind):
        return [event for event in self.events if event["event"] == kind]

    @property
    def done(self):
        return self.of("done")[-1]

    @property
    def report(self):
        return self.out / "reports" / "report.jsonl"


class Rig:
    def __init__(self, bin_folder, folder):
        self.bin = pathlib.Path(bin_folder)
        self.folder = pathlib.Path(folder)
        self.kenal = str(self.bin / "kenal")

    def program(self, name, *arguments):
        done = subprocess.run([str(self.bin / name), *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{name} {arguments}: " +
                               done.stderr.decode(errors="replace")[-2000:])
        return done.stdout.decode()

    def json_of(self, name, *arguments):
        return json.loads(self.program(name, *arguments).splitlines()[-1])

    def store_of(self, name, pictures):
        """A store with one list of the pictures of a folder."""
        store = self.folder / name
        data = ["--data", store, "-q"]
        self.program("kenal", *data, "init")
        self.program("kenal", *data, "list", "create", "known", "--purpose",
                     "child-abuse")
        self.program("kenal", *data, "ingest", "--list", "known", pictures)
        return store

    def scan(self, store, out_name, *arguments):
        out = self.folder / out_name
        return Scan(self, store, out, *arguments)

    def remove(self, name):
        shutil.rmtree(self.folder / name, ignore_errors=True)


def drop_caches():
    """Whether the page cache was emptied; only root may."""
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True
