"""A name server of the tests' own, beside the engines."""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

A_RECORD, NO_SUCH_NAME = 1, 3


@contextmanager
def address(text: str) -> Iterator[None]:
    """This machine, as far as the engines can tell, has an address more meanwhile."""
    where = ["addr", "add", f"{text}/{128 if ':' in text else 32}", "dev", "lo"]
    subprocess.run(["ip", *where, *(["nodad"] if ":" in text else [])], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", *where[:1], "del", *where[2:]], check=True)


@contextmanager
def name_server(where: str, names: Mapping[str, str]) -> Iterator[None]:
    """Answers on port 53 of ``where``, which this machine gets meanwhile: the IPv4 addresses of ``names``, and of no others."""
    with address(where), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((where, 53))
        thread = threading.Thread(target=_serve, args=(server, names), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.sendto(b"", (where, 53))
            thread.join(5)


def _serve(server: socket.socket, names: Mapping[str, str]) -> None:
    """Until an empty packet comes."""
    while (packet := server.recvfrom(512))[0]:
        question, peer = packet
        server.sendto(_answer(question, names), peer)


def _answer(question: bytes, names: Mapping[str, str]) -> bytes:
    at, labels = 12, []
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode())
        at += length + 1
    kind = struct.unpack(">H", question[at + 1 : at + 3])[0]
    found = names.get(".".join(labels).lower())
    records = [socket.inet_aton(found)] if found and kind == A_RECORD else []
    flags = 0x8180 | (0 if found else NO_SUCH_NAME)
    head = question[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", A_RECORD, 1, 5, 4) + record for record in records)
    return head + question[12 : at + 5] + body
