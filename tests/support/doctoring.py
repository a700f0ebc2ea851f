"""For tests of the doctor: facts by hand, sockets that answer as engines do, programs that say what they are told to say."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

from perry_ffi.doctor.facts import Facts, Machine, Said, Socket
from perry_ffi.doctor.finding import Finding
from perry_ffi.model.doctor_report import DoctorReport
from perry_ffi.service import doctor
from perry_ffi.service.client import Client

LINUX = Machine(
    user="ann", home="/home/ann", runtime_dir="/run/user/1000", distribution=("debian",), systemd=True, cgroup="2",
    groups=frozenset({"ann"}), listed_groups=frozenset({"ann"}), subids=True,
)  # fmt: skip
MAC = Machine(platform="darwin", release="26.1", arch="arm64", user="ann", uid=501, home="/Users/ann")
WINDOWS = Machine(platform="win32", release="11", arch="AMD64", user="ann", uid=None, home="C:/Users/ann")
SYSTEM = "/var/run/docker.sock"


def facts(machine: Machine = LINUX, *sockets: Socket, programs: str = "", said: tuple[Said, ...] = (), **more: Any) -> Facts:
    """programs: names, which are all below /usr/bin."""
    there = {name: f"/usr/bin/{name}" for name in programs.split()}
    return Facts(machine, sockets, there, {" ".join(one.argv): one for one in said}, **more)


def at(state: Any, path: str = SYSTEM, runtime: str = "docker", **more: Any) -> Socket:
    return Socket(runtime, path, state, **more)


def said(question: str, stdout: str = "", stderr: str = "", code: int | None = 0) -> Said:
    return Said(tuple(question.split()), code, stdout, stderr)


def only(found: Iterator[Finding]) -> Finding:
    """The one finding of a symptom."""
    rows = list(found)
    assert len(rows) == 1, rows
    return rows[0]


def without(machine: Machine, **changes: Any) -> Machine:
    return replace(machine, **changes)


# -- for real -----------------------------------------------------------------------------------------


def program(folder: Path, name: str, script: str) -> Path:
    """A program of that name that runs a line of sh."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@contextmanager
def engine(path: Path, answer: Callable[[str], tuple[int, Any]], *, ahead: float = 0.0) -> Iterator[None]:
    """Something that speaks HTTP on a socket. answer: of a path, the status and the document; ahead: seconds of its clock."""
    import time

    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    ended = threading.Event()
    threads: list[threading.Thread] = []

    def serve(one: socket.socket) -> None:
        with one, one.makefile("rb") as reader:
            while line := reader.readline():
                target = line.split()[1].decode()
                while reader.readline().strip():
                    pass
                status, document = answer(target)
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
                date = formatdate(time.time() + ahead, usegmt=True)
                who = _who(answer) if target == "/_ping" else ""
                head = f"HTTP/1.1 {status} X\r\nDate: {date}\r\n{who}Content-Length: {len(body)}\r\n\r\n"
                one.sendall(head.encode() + body)

    def accept() -> None:
        while not ended.is_set():
            try:
                one, _ = listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=serve, args=(one,), daemon=True)
            threads.append(thread)
            thread.start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(path))
        listening.close()
        thread.join(10)
        for one in threads:
            one.join(10)
        os.unlink(path)


def _who(answer: Callable[[str], tuple[int, Any]]) -> str:
    """What the headers of its ping say of a docker, as its own do; nothing for one that tells no version."""
    _, told = answer("/version")
    known = isinstance(told, dict) and "ApiVersion" in told and "Version" in told
    return f"Server: Docker/{told['Version']} (linux)\r\nApi-Version: {told['ApiVersion']}\r\n" if known else ""


def docker(api: str = "1.41", **info: Any) -> Callable[[str], tuple[int, Any]]:
    """What a Docker answers."""
    version = {"ApiVersion": api, "Version": "20.10.24", "Os": "linux", "Arch": "amd64", "Components": [{"Name": "Engine"}]}

    def answer(target: str) -> tuple[int, Any]:
        if target == "/_ping":
            return 200, b"OK"
        return 200, version if target.endswith("/version") else info

    return answer


@contextmanager
def nobody(path: Path) -> Iterator[None]:
    """A socket that is left of a program that has died."""
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    try:
        yield
    finally:
        path.unlink()


@contextmanager
def mute(path: Path) -> Iterator[None]:
    """Something that listens and never says a word."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        yield
    path.unlink()


class User:
    """A user with a folder, and nothing on the search path."""

    def __init__(self, home: Path) -> None:
        self.home, self.bin = home, home / "bin"
        self.variables: dict[str, str] = {}

    def client(self) -> Client:
        environ = {"HOME": str(self.home), "PATH": str(self.bin), "XDG_RUNTIME_DIR": str(self.home), **self.variables}
        return Client({"PERRY_CONTAINER_BACKEND": "docker", "PERRY_CONTAINER_PROBE_TIMEOUT": "1", **environ})

    async def report(self) -> DoctorReport:
        client = self.client()
        try:
            return await doctor.doctor(client)
        finally:
            await client.aclose()

    def colima(self, start: str) -> None:
        """A context that leads to a colima that does not run, and a program of that name."""
        folder = self.home / ".docker"
        meta = folder / "contexts/meta" / hashlib.sha256(b"colima").hexdigest()
        meta.mkdir(parents=True)
        (folder / "config.json").write_text('{"currentContext": "colima"}')
        host = f"unix://{self.home}/.colima/default/docker.sock"
        (meta / "meta.json").write_text(json.dumps({"Name": "colima", "Endpoints": {"docker": {"Host": host}}}))
        listed = '{"name":"default","status":"Stopped","runtime":"docker"}'
        program(self.bin, "colima", f"test $1 = list && {{ echo '{listed}'; exit; }}\n{start}")
