#!/usr/bin/env python3
"""An upload hook: asks Kenal about a picture before a platform accepts it.

POST /upload with the bytes of the picture answers, as JSON and by status:

  200 accept  nothing known was met
  403 block   a listed picture; keep it away and follow your own procedure
  202 hold    not decided: with Retry-After when asking again may help, and
              without it when a person has to look

Whatever goes wrong ends in hold: a check that failed is no pass. Nothing is
written to disk, and the log holds no picture, hash or file name.
"""

import argparse
import json
import random
import re
import signal as os_signal
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from kenal.v1 import catalogue_pb2 as catalogue
from kenal.v1 import match_service_pb2 as match
from kenal.v1 import match_service_pb2_grpc as match_grpc
from kenal.v1 import signal_pb2 as signals
from kenal.v1 import verdict_pb2 as verdict

PICTURE_BYTES_MAX = 64 << 20  # Kenal takes no more; most platforms take less.
BUDGET_S = 10      # For one upload, every attempt included.
ATTEMPTS_MAX = 4
RETRY_AFTER_S = 30  # What a held upload is told when Kenal cannot be asked.
UPLOADS_MAX = 32   # At once: each holds its picture in memory.

# What the labels of your lists (`kenal list set --action-label`) mean
# here. A label that is not in this table holds the upload.
ACTIONS = {"block": "block", "report": "block", "hold": "hold",
           "review": "hold", "allow": "accept"}
# May work at another time. All others are mistakes of the set-up.
PASSING = {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE,
           grpc.StatusCode.DEADLINE_EXCEEDED}


def action_of(met):
    """What to do about one match."""
    if met.purpose == catalogue.PURPOSE_TEST:  # A drill goes all the way.
        return ACTIONS.get(met.action_label or "allow", "hold")
    if met.signal != signals.SIGNAL_TYPE_PDQ:
        # No label lets the very same bytes through.
        held = ACTIONS.get(met.action_label) == "hold"
        return "hold" if held else "block"
    action = ACTIONS.get(met.action_label, "hold")
    if met.tier == verdict.TIER_REVIEW and action == "block":
        return "hold"
    return action


def decide(answer):
    """From Kenal's answer to (accept, block or hold; why)."""
    why = verdict.Verdict.Name(answer.verdict).removeprefix("VERDICT_")
    if answer.verdict == verdict.VERDICT_NO_KNOWN_MATCH:
        return "accept", why
    if answer.verdict == verdict.VERDICT_TEST:
        counted = catalogue.PURPOSE_TEST
    elif answer.verdict in (verdict.VERDICT_EXACT, verdict.VERDICT_NEAR):
        counted = catalogue.PURPOSE_CHILD_ABUSE
    else:
        return "hold", why  # UNAVAILABLE, and verdicts of a later version.
    # The strictest of all that was met, so that a lenient label of one entry
    # hides no other.
    actions = {action_of(met) for met in answer.matches
               if met.purpose == counted and not met.shadow}
    if answer.truncated or not actions:
        actions.add("hold")
    return min(actions, key=("block", "hold", "accept").index), why


def pause_before_next(error, attempt):
    """Seconds to wait: what the server asks for, or ever longer."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-retry-pushback-ms":
            return max(0, int(value)) / 1000
    return random.uniform(0.5, 1) * 0.1 * 2 ** attempt


class Kenal:
    """One channel for the whole process; it reconnects by itself."""

    def __init__(self, server, tls, tls_name):
        folder = tls.rpartition("/")[0] or "."
        # The last two: back within seconds of the server's return. gRPC asks
        # for the address again first, and by itself waits 30 s with that.
        options = [("grpc.enable_http_proxy", 0),
                   ("grpc.max_reconnect_backoff_ms", 2000),
                   ("grpc.dns_min_time_between_resolutions_ms", 1000)]
        if tls_name:
            options.append(("grpc.ssl_target_name_override", tls_name))
        self.channel = grpc.secure_channel(
            server, grpc.ssl_channel_credentials(
                root_certificates=read(folder + "/ca.pem"),
                private_key=read(tls + ".key"),
                certificate_chain=read(tls + ".pem")), options)
        self.stub = match_grpc.MatchServiceStub(self.channel)

    def ask(self, picture, request_id):
        """(decision, why, seconds to wait before asking again or None)."""
        request = match.MatchRequest(
            content=match.Content(picture=picture), request_id=request_id)
        end = time.monotonic() + BUDGET_S
        for attempt in range(ATTEMPTS_MAX):
            try:
                # The deadline travels along: Kenal drops what nobody waits
                # for any more.
                response = self.stub.Match(
                    request, timeout=max(0.001, end - time.monotonic()))
                return *decide(response.answer), None
            except grpc.RpcError as error:
                why = error.code().name
                if error.code() not in PASSING:
                    print(f"{request_id} {why}: {error.details()}", flush=True)
                    return "hold", why, None
                pause = pause_before_next(error, attempt)
            if (attempt + 1 == ATTEMPTS_MAX
                    or time.monotonic() + pause >= end):
                return "hold", why, max(RETRY_AFTER_S, round(pause + 0.5))
            time.sleep(pause)


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # For a client that stops sending.
    kenal = None
    room = threading.BoundedSemaphore(UPLOADS_MAX)

    def do_POST(self):
        given = self.headers.get("X-Request-ID", "")
        self.request_id = (given if re.fullmatch(r"[!-~]{1,64}", given)
                           else uuid.uuid4().hex)
        size = self.headers.get("Content-Length", "")
        if self.path != "/upload":
            return self.refuse(404, "POST /upload")
        if not re.fullmatch(r"[0-9]{1,12}", size):
            return self.refuse(411, "Content-Length is needed")
        if int(size) > PICTURE_BYTES_MAX:
            return self.refuse(413, f"at most {PICTURE_BYTES_MAX} bytes")
        if not self.room.acquire(blocking=False):
            return self.refuse(503, "busy", {"Retry-After": "1"})
        try:
            picture = self.rfile.read(int(size))
            if len(picture) < int(size):
                return self.refuse(400, "the upload broke off")
            decision, why, again_s = self.kenal.ask(picture, self.request_id)
        finally:
            self.room.release()
        body = {"decision": decision, "why": why}
        headers = {}
        if again_s is not None:
            headers["Retry-After"] = str(again_s)
        status = {"accept": 200, "block": 403, "hold": 202}[decision]
        self.answer(status, body, headers)

    def refuse(self, status, why, headers=None):
        self.close_connection = True  # The body was not read.
        self.answer(status, {"decision": "hold", "why": why},
                    {"Connection": "close", **(headers or {})})

    def answer(self, status, body, headers):
        text = json.dumps(
            {**body, "request_id": self.request_id}).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Request-ID", self.request_id)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)
        print(self.request_id, status, body["decision"], body["why"],
              flush=True)

    def log_message(self, *_):
        pass  # answer() logs.


class Server(ThreadingHTTPServer):
    daemon_threads = False  # Uploads under way are answered before it ends.
    request_queue_size = 128


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--listen", default="127.0.0.1:8080")
    options.add_argument("--server", default="localhost:7117",
                         help="where kenal serve listens")
    options.add_argument("--tls", required=True, metavar="FOLDER/NAME",
                         help="NAME.pem and NAME.key, with ca.pem beside them")
    options.add_argument("--tls-name", metavar="HOST",
                         help="name in the server's certificate")
    given = options.parse_args()
    Hook.kenal = Kenal(given.server, given.tls, given.tls_name)
    host, _, port = given.listen.rpartition(":")
    server = Server((host, int(port)), Hook)
    for number in (os_signal.SIGTERM, os_signal.SIGINT):
        os_signal.signal(number, lambda *_: threading.Thread(
            target=server.shutdown).start())
    print("listening on http://%s:%d" % server.server_address, flush=True)
    server.serve_forever()
    server.server_close()
    Hook.kenal.channel.close()


if __name__ == "__main__":
    main()
