#!/usr/bin/python3
"""Clients that mean no good, and the one that asks how the server is.

    hostile_clients.py KIND LISTENER HOST:PORT CERTIFICATE COUNT

KIND is idle, slow, half-open, resets or endless-resets, LISTENER grpc or http;
CERTIFICATE is FOLDER/NAME. It goes on until SIGTERM (resets: until COUNT are
made) and prints what happened as JSON.
KIND health asks the standard health service every 200 ms, and where LISTENER
is http, GET /readyz on a connection of its own each second.

Clients are opened again when the server drops them, OPENED_A_SECOND at most.
They run at a low priority: what is measured is what they cost the server, not
what making them costs this machine.
"""

import json
import os
import select
import signal
import socket
import ssl
import sys
import time

OPENED_A_SECOND = 250
NICENESS = 15
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BATCH_DIGESTS = 400  # together within the first window
BATCHES = 7
SOCKET_BUFFER = 4096

stopping = False


def stop(*_):
    global stopping
    stopping = True


def context_of(certificate, protocols):
    folder = os.path.dirname(certificate)
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
    context.set_alpn_protocols(protocols)
    return context


def connect(address, small=False):
    host, _, port = address.rpartition(":")
    sock = socket.socket()
    if small:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
    sock.settimeout(10)
    sock.connect((host, int(port)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


# What an HTTP/2 client of gRPC says first, made by hyper-h2.


def h2_connection(window=None):
    import h2.config
    import h2.connection
    import h2.settings
    made = h2.connection.H2Connection(h2.config.H2Configuration(
        client_side=True, header_encoding="utf-8"))
    if window:
        made.local_settings = h2.settings.Settings(client=True, initial_values={
            h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
    made.initiate_connection()
    if window:
        made.increment_flow_control_window(1 << 28)
    return made


def grpc_headers(method):
    return [(":method", "POST"), (":scheme", "https"), (":path", method),
            (":authority", "localhost"), ("content-type", "application/grpc"),
            ("te", "trailers")]


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def framed(message):
    return b"\0" + len(message).to_bytes(4, "big") + message


def match_message():
    """A MatchRequest of one MD5 digest."""
    return framed(field(1, field(1, field(1, os.urandom(16)))))


def batch_message():
    one = field(1, field(1, field(1, os.urandom(16))))
    return framed(one * BATCH_DIGESTS)


def big_grpc_request():
    """Asks for answers of some hundred KiB, with windows that let them come."""
    made = h2_connection(window=1 << 24)
    body = batch_message()
    for stream in range(1, 2 * BATCHES, 2):
        made.send_headers(stream, grpc_headers(
            "/kenal.v1.MatchService/BatchMatch"))
        left = body
        while left:
            size = min(len(left), made.local_flow_control_window(stream),
                       made.max_outbound_frame_size)
            if size == 0:
                break  # the rest would need the server's leave
            made.send_data(stream, left[:size], end_stream=size == len(left))
            left = left[size:]
        if left:
            made.reset_stream(stream)
            break
    return made.data_to_send()


def big_http_request():
    return (b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n") * BATCHES


HTTP_HELLO = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Crowd:
    """`count` clients of one kind."""

    def __init__(self, kind, listener, address, certificate, count):
        self.kind, self.listener, self.address = kind, listener, address
        self.count = count
        self.context = context_of(
            certificate, ["h2"] if listener == "grpc" else ["http/1.1"])
        self.made = 0
        self.open = {}
        self.poll = select.poll()
        self.told = {"opened": 0, "dropped": 0, "refused": 0, "bytes_read": 0,
                     "most_open": 0, "first_refusal": ""}

    def open_one(self):
        sock = connect(self.address, small=self.kind == "slow")
        try:
            half_tcp = self.kind == "half-open" and self.made % 2 == 0
            self.made += 1
            if not half_tcp:
                sock = self.context.wrap_socket(sock,
                                                server_hostname="localhost")
            if self.kind == "idle":
                sock.sendall(h2_connection().data_to_send()
                             if self.listener == "grpc" else HTTP_HELLO)
            elif self.kind == "slow":
                sock.sendall(big_grpc_request() if self.listener == "grpc"
                             else big_http_request())
        except BaseException:
            sock.close()
            raise
        sock.setblocking(False)
        self.open[sock.fileno()] = sock
        # A slow reader looks for an end alone; the others take what comes.
        self.poll.register(sock.fileno(), select.POLLHUP | select.POLLERR | (
            0 if self.kind == "slow" else select.POLLIN))

    def drop(self, number):
        self.poll.unregister(number)
        self.open.pop(number).close()
        self.told["dropped"] += 1

    def read(self, number, size):
        try:
            got = self.open[number].recv(size)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError:
            got = b""
        if not got:
            self.drop(number)
            return
        self.told["bytes_read"] += len(got)

    def fill(self):
        for _ in range(OPENED_A_SECOND // 10):
            if len(self.open) >= self.count:
                return
            try:
                self.open_one()
                self.told["opened"] += 1
            except OSError as error:
                self.told["refused"] += 1
                self.told["first_refusal"] = (self.told["first_refusal"] or
                                              str(error))
                return

    def run(self):
        turn = 0
        announced = False
        while not stopping:
            began = time.monotonic()
            self.fill()
            for number, event in self.poll.poll(0):
                if event & (select.POLLHUP | select.POLLERR):
                    self.drop(number)
                else:
                    self.read(number, 65536)
            turn += 1
            if self.kind == "slow" and turn % 20 == 0:
                for number in list(self.open):
                    self.read(number, 1)
            self.told["most_open"] = max(self.told["most_open"],
                                         len(self.open))
            if len(self.open) >= self.count and not announced:
                announced = True
                print("all there", flush=True)
            time.sleep(max(0.0, 0.1 - (time.monotonic() - began)))
        self.told["open_at_end"] = len(self.open)
        return self.told


def resets(address, certificate, count, endless):
    """Streams that are reset as soon as they are asked for."""
    import h2.events
    import h2.exceptions
    context = context_of(certificate, ["h2"])
    told = {"resets": 0, "connections": 0, "goaways": 0, "refused": 0,
            "seconds": 0.0}
    print("all there", flush=True)
    started = time.monotonic()
    def goes_on():
        if endless:
            return not stopping
        return told["resets"] < count

    while goes_on() and time.monotonic() - started < 120:
        try:
            with context.wrap_socket(connect(address),
                                     server_hostname="localhost") as sock:
                told["connections"] += 1
                made = h2_connection()
                reset_one_connection(sock, made, told, goes_on)
        except (OSError, h2.exceptions.ProtocolError):
            told["refused"] += 1
            time.sleep(0.05)
    told["seconds"] = time.monotonic() - started
    return told


def reset_one_connection(sock, made, told, goes_on):
    import h2.errors
    import h2.events
    sock.settimeout(10)
    sock.sendall(made.data_to_send())
    made.receive_data(sock.recv(65536))
    headers = grpc_headers("/kenal.v1.MatchService/Match")
    message = match_message()
    while goes_on():
        for _ in range(20):
            if made.outbound_flow_control_window < 1000:
                break
            stream = made.get_next_available_stream_id()
            made.send_headers(stream, headers)
            made.send_data(stream, message, end_stream=True)
            made.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
            told["resets"] += 1
        sock.sendall(made.data_to_send())
        sock.settimeout(0.001 if made.outbound_flow_control_window >= 1000
                        else 5)
        try:
            got = sock.recv(1 << 18)
        except (TimeoutError, ssl.SSLWantReadError):
            continue
        finally:
            sock.settimeout(10)
        if not got:
            return
        for event in made.receive_data(got):
            if isinstance(event, h2.events.ConnectionTerminated):
                told["goaways"] += 1
                return


def health(http_address, address, certificate):
    """Each check of gRPC as [seconds, status, ms]; 1 is SERVING."""
    import grpc
    folder = os.path.dirname(certificate)

    def text(path):
        with open(path, "rb") as file:
            return file.read()
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(
        text(f"{folder}/ca.pem"), text(f"{certificate}.key"),
        text(f"{certificate}.pem")))
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    context = context_of(certificate, ["http/1.1"])
    told = {"checks": 0, "serving": 0, "worst_ms": 0.0, "first_failure": "",
            "http_checks": 0, "http_ready": 0, "http_worst_ms": 0.0,
            "http_first_failure": ""}
    check(b"", timeout=10)
    print("all there", flush=True)
    turn = 0
    while not stopping:
        began = time.monotonic()
        told["checks"] += 1
        try:
            answer = check(b"", timeout=5)
            good = answer == b"\x08\x01"
            why = "" if good else f"answered {answer.hex()}"
        except grpc.RpcError as error:
            good, why = False, f"{error.code().name}: {error.details()}"
        told["serving"] += good
        told["first_failure"] = told["first_failure"] or why
        told["worst_ms"] = max(told["worst_ms"],
                               1e3 * (time.monotonic() - began))
        if turn % 5 == 0:
            http_health(http_address, context, told)
        turn += 1
        time.sleep(max(0.0, 0.2 - (time.monotonic() - began)))
    return told


def http_health(address, context, told):
    began = time.monotonic()
    told["http_checks"] += 1
    try:
        with context.wrap_socket(connect(address),
                                 server_hostname="localhost") as sock:
            sock.settimeout(5)
            sock.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n"
                         b"Connection: close\r\n\r\n")
            answer = sock.recv(4096)
        if answer.startswith(b"HTTP/1.1 200"):
            told["http_ready"] += 1
        elif not told["http_first_failure"]:
            told["http_first_failure"] = repr(answer[:60])
    except OSError as error:
        told["http_first_failure"] = told["http_first_failure"] or str(error)
    told["http_worst_ms"] = max(told["http_worst_ms"],
                                1e3 * (time.monotonic() - began))


def main():
    kind, listener, address, certificate, count = sys.argv[1:6]
    signal.signal(signal.SIGTERM, stop)
    if kind == "health":
        told = health(listener, address, certificate)
    else:
        os.nice(NICENESS)
        if kind in ("resets", "endless-resets"):
            told = resets(address, certificate, int(count), kind != "resets")
        else:
            told = Crowd(kind, listener, address, certificate,
                         int(count)).run()
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
