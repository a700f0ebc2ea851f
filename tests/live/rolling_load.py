"""Asks a server by a name over and over, inside a container's network, until standard input ends; a JSON line says how it went.

``python rolling_load.py RESOLV_CONF URL WORKERS``, as root in the network namespace of a container. It has a mount namespace of its
own, in which the container's resolv.conf is the machine's: names are looked up as any program of the container has them looked
up, by the C library. The client is the standard library's: it tries each address that the name has.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
import threading
import time
import urllib.request
from collections import Counter
from urllib.parse import urlsplit

CONNECT_SECONDS = 1.5
"""For each address: one that has just gone does not say so."""
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 4096, 16384, 1 << 18


def as_in_the_container(resolv_conf: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    target = os.path.realpath("/etc/resolv.conf").encode()
    for done in (
        libc.unshare(CLONE_NEWNS),
        libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None),
        libc.mount(resolv_conf.encode(), target, None, MS_BIND, None),
    ):
        if done:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    # A server of names may lose a question while it reads its names anew; whoever asks, asks again.
    os.environ["RES_OPTIONS"] = "timeout:1 attempts:5"


def named(host: str) -> bool:
    """Whether the name is told."""
    try:
        socket.getaddrinfo(host, 80, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror:
        return False
    return True


def main() -> None:
    resolv_conf, url, workers = sys.argv[1:]
    as_in_the_container(resolv_conf)
    answers: Counter[str] = Counter()
    failures: list[str] = []
    untold, slowest, over = [0], [0.0], threading.Event()
    host = urlsplit(url).hostname or ""

    def ask() -> None:
        while not over.is_set():
            began = time.monotonic()
            try:
                with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as reply:
                    answers[reply.read().decode()] += 1
            except Exception as error:
                if isinstance(getattr(error, "reason", None), socket.gaierror):
                    untold[0] += 1
                    continue
                took = time.monotonic() - began
                failures.append(f"{type(error).__name__}: {error} (at {time.time() % 1000:.2f}, after {took:.2f} s)")
            slowest[0] = max(slowest[0], time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(int(workers))]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    told = {"untold": untold[0], "named": named(host), "slowest": round(slowest[0], 2)}
    print(json.dumps({"answers": answers, "failures": failures, **told}))


main()
