#!/usr/bin/env python3
"""Slow callers against a running daemon: how long a real sender waits meanwhile, and when the slow ones are closed.

    tests/bench/slow_sockets.py PROGRAM [SECONDS] [SOCKETS]

Starts PROGRAM (a built `tidings`) in a folder of its own on a port of the loopback, with a Slack hook. Then, first in the
heads and then in the bodies of requests, 2,000 sockets send one octet every 10 seconds, each opened anew once it is closed,
while a sender of signed requests is measured for 20 seconds. Needs two open files a socket: `ulimit -n 8192`.
"""

import hashlib
import hmac
import json
import os
import re
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
EVERY = 10
CONFIG = """
listen = "127.0.0.1:0"
timezone = "Etc/UTC"
[me]
addresses = ["ada@example.org"]
[smtp]
folder = "out"
from = "ada@example.org"
[[digest]]
name = "all"
schedule = "0 3 1 1 *"
[[rule]]
name = "all"
urgency = "normal"
[[chat]]
name = "team"
kind = "slack"
secret = { file = "secret" }
me = ["U1"]
"""
HEAD = b"POST /hook/team HTTP/1.1\r\nHost: x\r\n"
BODY = HEAD + b"Content-Length: 100000\r\n\r\n"


def start(program, folder):
    """Starts the daemon; returns it and its port once it answers."""
    for name, text in (("tidings.toml", CONFIG), ("secret", SECRET)):
        with open(os.open(os.path.join(folder, name), os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
    for name in ("state", "run"):
        os.mkdir(os.path.join(folder, name), 0o700)
    variables = dict(os.environ, STATE_DIRECTORY=os.path.join(folder, "state"), RUNTIME_DIRECTORY=os.path.join(folder, "run"))
    log = os.path.join(folder, "log")
    with open(log, "w") as out:
        words = [program, "--config", os.path.join(folder, "tidings.toml"), "run"]
        daemon = subprocess.Popen(words, env=variables, stdout=out, stderr=out, cwd=folder)
    for _ in range(300):
        with open(log) as said:
            found = re.search(r'answered on "127\.0\.0\.1:(\d+)"', said.read())
        if found:
            return daemon, int(found.group(1))
        if daemon.poll() is not None:
            break
        time.sleep(0.1)
    daemon.kill()
    with open(log) as said:
        sys.exit(f"the daemon does not listen:\n{said.read()}")


def memory(daemon):
    """What it has in memory, in MB."""
    with open(f"/proc/{daemon.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


class Slow(threading.Thread):
    """Sockets that send one octet every ten seconds; those that are closed are opened anew."""

    def __init__(self, port, begin, count):
        super().__init__(daemon=True)
        self.port, self.begin, self.count = port, begin, count
        self.lives, self.refused, self.is_over = [], 0, False
        self.all_open = threading.Event()

    def connect(self, watched, born):
        one = socket.socket()
        one.settimeout(5)
        try:
            one.connect(("127.0.0.1", self.port))
            one.send(self.begin)
        except OSError:
            self.refused += 1
            return
        one.setblocking(False)
        watched.register(one, selectors.EVENT_READ)
        born[one] = (time.monotonic(), time.monotonic())

    def run(self):
        watched, born = selectors.DefaultSelector(), {}
        while not self.is_over:
            for _ in range(min(200, self.count - len(born))):
                self.connect(watched, born)
            if len(born) >= self.count * 0.95:
                self.all_open.set()
            for key, _ in watched.select(0.05):
                one = key.fileobj
                try:
                    ended = one.recv(4096) == b""
                except OSError:
                    ended = True
                if ended:
                    watched.unregister(one)
                    self.lives.append(time.monotonic() - born.pop(one)[0])
                    one.close()
            now = time.monotonic()
            for one, (since, last) in list(born.items()):
                if now - last >= EVERY:
                    born[one] = (since, now)
                    try:
                        one.send(b"x")
                    except OSError:
                        pass
        for one in born:
            one.close()


def request(number):
    """A signed message of Slack."""
    ts = f"{1799830800 + number}.000100"
    event = {"type": "message", "channel": "C1", "user": "U2", "ts": ts, "text": "Lunch is ready."}
    body = json.dumps({"type": "event_callback", "event_id": f"Ev{ts}", "event": event})
    stamp = int(time.time())
    tag = hmac.new(SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return (
        f"POST /hook/team HTTP/1.1\r\nHost: x\r\nX-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={tag}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()


def measure(port, seconds, first):
    """A real sender, a connection a message, 20 a second: how long each waited in ms, and how many were refused."""
    took, refused = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
                one.sendall(request(first + len(took)))
                answer = one.recv(4096)
        except OSError:
            answer = b""
        took.append((time.monotonic() - begun) * 1000)
        refused += not answer.startswith(b"HTTP/1.1 200")
        time.sleep(max(0, begun + 0.05 - time.monotonic()))
    return sorted(took), refused


def at(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))] if sorted_values else float("nan")


def main():
    program = os.path.abspath(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 20
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2 * count + 200:
        sys.exit(f"too few open files are allowed: run `ulimit -n {2 * count + 200}` first")
    is_good = True
    with tempfile.TemporaryDirectory() as folder:
        daemon, port = start(program, folder)
        try:
            first = 0
            for what, begin, limit in (("nothing", None, 0), ("heads", HEAD, 5), ("bodies", BODY, 10)):
                slow = Slow(port, begin, count) if begin else None
                if slow:
                    slow.start()
                    slow.all_open.wait(30)
                took, refused = measure(port, seconds, first)
                first += len(took)
                line = f"{what:8} {len(took)} requests, {refused} refused: p50 {at(took, 0.5):.1f} ms, p99 {at(took, 0.99):.1f} ms, "
                line += f"most {took[-1]:.1f} ms; {memory(daemon):.1f} MB"
                is_good = is_good and refused == 0 and at(took, 0.99) < 500
                if slow:
                    slow.is_over = True
                    slow.join()
                    lives = sorted(slow.lives)
                    line += f"; {len(lives)} slow ones closed after p50 {at(lives, 0.5):.1f} s, at most {at(lives, 1):.1f} s"
                    line += f", {slow.refused} not connected"
                    is_good = is_good and bool(lives) and at(lives, 0.5) < limit + 1
                print(line, flush=True)
            begun = time.monotonic()
            daemon.terminate()
            daemon.wait(30)
            print(f"stopped after {time.monotonic() - begun:.2f} s")
        finally:
            daemon.kill()
            daemon.wait()
    sys.exit(0 if is_good else 1)


main()
