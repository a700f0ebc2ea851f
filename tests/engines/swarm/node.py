"""One machine of the lab."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engines.daemon import Daemon, answers, ask
from tests.engines.dockerd import configure, docker_socket
from tests.engines.leavings import remove_folder
from tests.engines.swarm.wire import GATEWAY, NETWORK, Wire, environ

API = "1.41"
_PORT = 2377


class Refused(Exception):
    """An engine's answer that is none of success. status: HTTP's. message: the engine's own."""

    def __init__(self, call: str, status: int, message: str) -> None:
        super().__init__(f"{call}: {status} {message}")
        self.status, self.message = status, message


def until(check: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Waits until ``check`` gives anything true, and gives that. TimeoutError names ``what`` and what it gave last.

    An engine that refuses meanwhile, or is away, is asked again.
    """
    deadline, last = time.monotonic() + seconds, None
    while True:
        try:
            last = check()
        except (OSError, Refused) as error:
            if time.monotonic() > deadline:
                raise
            last = error
        else:
            if last:
                return last
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what} ({last!r})")
        time.sleep(0.05)


class Node:
    """name: what the swarm calls it, too. address: on the wire. socket: of its engine, for everybody on this machine.

    manager: what it joined as. id: what the swarm knows it by. plugged: whether its cable is. was_away: whether it was without power or
    cable since its disk was empty. swarm: gives a node that has a say.
    """

    def __init__(self, number: int, folder: Path, wire: Wire, swarm: Callable[[], Node]) -> None:
        self.name, self.address = f"n{number}", f"{NETWORK}.{number}"
        self.manager, self.plugged, self.was_away, self.id = False, True, False, ""
        self._swarm = swarm
        self._hardware = f"02:00:00:00:00:{number:02x}"
        self._folder, self._wire = folder / self.name, wire
        self.socket = str(docker_socket(self._folder))
        self._machine: Daemon | None = None
        self._cable = ""
        self._prepare()

    def _prepare(self) -> None:
        self._folder.mkdir()
        configure(self._folder, {"insecure-registries": [f"{NETWORK}.0/24"]})

    def __repr__(self) -> str:
        return f"<{self.name}>"

    # -- its engine ----------------------------------------------------------------------------------

    def ask(self, method: str, target: str, document: object = None, seconds: float = 60.0) -> tuple[int, bytes]:
        """Status and body of one call; ``target`` has no version. OSError where nothing comes for ``seconds``."""
        body = None if document is None else json.dumps(document).encode()
        return ask(self.socket, method, f"/v{API}{target}", body, seconds=seconds)

    def call(self, method: str, target: str, document: object = None, seconds: float = 60.0) -> Any:
        """The answer's document, ``None`` for one without. Refused where it is an error."""
        status, body = self.ask(method, target, document, seconds)
        if status >= 400:
            raise Refused(f"{self.name}: {method} {target}", status, _message(body))
        return json.loads(body) if body.strip() else None

    @property
    def api(self) -> tuple[int, int]:
        """The newest API that its engine speaks."""
        major, minor = self.call("GET", "/version")["ApiVersion"].split(".")
        return int(major), int(minor)

    def containers(self, **labels: str) -> list[dict[str, Any]]:
        """Those that run on it, with these labels (an underscore of a key stands for a dot)."""
        wanted = {key.replace("_", "."): value for key, value in labels.items()}
        return [row for row in self.call("GET", "/containers/json") if wanted.items() <= row["Labels"].items()]

    # -- its place in the swarm ------------------------------------------------------------------------

    def init(self, heartbeat: float) -> dict[str, str]:
        """Makes a swarm of itself, whose nodes report each ``heartbeat`` seconds; gives the tokens to join it with, by role."""
        spec = {"Dispatcher": {"HeartbeatPeriod": int(heartbeat * 1e9)}}
        self.id = self.call("POST", "/swarm/init", {**self._place(), "Spec": spec})
        self.manager = True
        return {role.lower(): token for role, token in self.call("GET", "/swarm")["JoinTokens"].items()}

    def join(self, first: Node, token: str, *, manager: bool) -> None:
        """Joins the swarm of ``first``."""
        self.call("POST", "/swarm/join", {**self._place(), "RemoteAddrs": [f"{first.address}:{_PORT}"], "JoinToken": token})
        self.id, self.manager = self.call("GET", "/info")["Swarm"]["NodeID"], manager

    def _place(self) -> dict[str, str]:
        return {"ListenAddr": f"0.0.0.0:{_PORT}", "AdvertiseAddr": f"{self.address}:{_PORT}"}

    @property
    def state(self) -> str:
        """As the swarm has it: ready, down, unknown, disconnected."""
        return str(self._swarm().call("GET", f"/nodes/{self.id}")["Status"]["State"])

    def drain(self) -> None:
        """Its tasks go elsewhere, and none comes."""
        self.change(Availability="drain")

    def activate(self) -> None:
        """Tasks may come again; those that went elsewhere do not come back."""
        self.change(Availability="active")

    def change(self, **members: object) -> None:
        """Changes members of its spec (Availability, Role, Labels); the others stay."""
        manager = self._swarm()
        found = manager.call("GET", f"/nodes/{self.id}")
        spec = {**found["Spec"], **members}
        if spec != found["Spec"]:
            manager.call("POST", f"/nodes/{self.id}/update?version={found['Version']['Index']}", spec)

    # -- its power and its cable ---------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._machine is not None

    @property
    def has_ipvs(self) -> bool:
        """Whether its kernel carries virtual addresses and ingress ports."""
        return self._machine is not None and Path(f"/proc/{self._process}/net/ip_vs").exists()

    @property
    def _process(self) -> int:
        """Whose network and mounts are the node's."""
        assert self._machine and self._machine.process, f"{self.name} has no power"
        return self._machine.process.pid

    def power_on(self) -> None:
        """Starts it and waits for its engine. With what was on its disk: a node of a swarm joins again by itself."""
        if self._machine:
            return
        own = ["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
        words = ["-m", "tests.engines.swarm.machine", str(self._folder), self.name, self.address, GATEWAY]
        self._machine = Daemon(self.name, ["unshare", *own, sys.executable, *words], self._folder, environ(), held=True)
        self._cable, self.plugged = "", True
        Path(self.socket).unlink(missing_ok=True)
        try:
            self._machine.start(self._is_on)
        except BaseException:
            self._machine = None
            raise

    def power_cut(self) -> None:
        """Everything that runs on it ends at once, and nobody hears of it: the cable goes first."""
        if self._machine:
            self.cable(plugged=False)
            machine, self._machine = self._machine, None
            machine.stop()

    def cable(self, *, plugged: bool) -> None:
        """Pulls the cable out of the bridge, or puts it in again; everything on the node runs on."""
        self._wire.plug(self._cable, plugged=plugged)
        self.plugged = plugged
        self.was_away |= not plugged

    def wipe(self) -> None:
        """Empties the disk of one without power: it is in no swarm then."""
        assert self._machine is None, f"{self.name} has power"
        remove_folder(self._folder)
        self._prepare()
        self.manager, self.was_away, self.id = False, False, ""

    def _is_on(self) -> bool:
        if not self._cable:
            own = _network_of(str(self._process))
            if own and own != _network_of("thread-self"):
                self._cable = self._wire.connect(self._process, self._hardware)
            return False
        return answers(self.socket)


def _network_of(process: str) -> str:
    try:
        return os.readlink(f"/proc/{process}/ns/net")
    except OSError:
        return ""


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")
