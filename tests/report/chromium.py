"""Headless Chromium over its debugging pipe, with the standard library alone.

    with Browser() as browser:
        page = browser.open(path)
        page.value("document.title")
"""

import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 120


def program():
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    raise RuntimeError("no Chromium: install the Debian package chromium, as "
                       "tools/install-deps.sh does")


class Browser:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="kenal-browser-")
        to_read, self.to = os.pipe()
        self.answers, from_write = os.pipe()

        def place():
            # Above both, so that neither is overwritten before it is moved.
            high_read = os.dup(to_read) if to_read < 5 else to_read
            high_write = os.dup(from_write) if from_write < 5 else from_write
            os.dup2(high_read, 3)
            os.dup2(high_write, 4)

        self.process = subprocess.Popen(
            [program(), "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--remote-debugging-pipe",
             f"--user-data-dir={self.folder.name}", "about:blank"],
            preexec_fn=place, pass_fds=(3, 4), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.waiting = b""
        self.number = 0
        self.events = []
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.answers)
        for _ in range(50):  # its children may still be leaving
            try:
                self.folder.cleanup()
                return
            except OSError:
                time.sleep(0.1)

    def receive(self):
        while b"\0" not in self.waiting:
            ready, _, _ = select.select([self.answers], [], [],
                                        PATIENCE_SECONDS)
            if not ready:
                raise RuntimeError("Chromium does not answer")
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise RuntimeError("Chromium has ended")
            self.waiting += piece
        message, self.waiting = self.waiting.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path):
        return Page(self, pathlib.Path(path).resolve().as_uri())


class Page:
    def __init__(self, browser, address):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")
        self.session = browser.call(
            "Target.attachToTarget", targetId=target["targetId"],
            flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        browser.events.clear()
        self.call("Page.navigate", url=address)
        while not any(e["method"] == "Page.loadEventFired"
                      for e in self.told()):
            browser.events.append(browser.receive())

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    def told(self, method=None):
        return [e for e in self.browser.events
                if e.get("sessionId") == self.session and
                (method is None or e["method"] == method)]

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression,
                           returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, **text)

    def requests(self):
        return [e["params"]["request"]["url"]
                for e in self.told("Network.requestWillBeSent")]

    def troubles(self):
        return (self.told("Runtime.exceptionThrown") +
                self.told("Runtime.consoleAPICalled") +
                self.told("Log.entryAdded") +
                self.told("Page.javascriptDialogOpening"))
