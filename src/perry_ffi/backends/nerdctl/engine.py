"""The backend of nerdctl, whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.absent import with_absences
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.responses.fields import listing, mapping, reads
from perry_ffi.backends.nerdctl.build import NerdctlBuilds
from perry_ffi.backends.nerdctl.networks import NerdctlNetworks
from perry_ffi.model.backend import BackendInfo

if TYPE_CHECKING:
    from perry_ffi.backends.command_line.invocation import CommandLine
    from perry_ffi.settings import Settings


class NerdctlBackend(NerdctlBuilds, NerdctlNetworks):
    """nerdctl, in one namespace of one containerd."""

    def __init__(self, line: CommandLine, settings: Settings, *, identity: str, address: str, machine: bool = False) -> None:
        super().__init__(line, settings, identity=identity, address=address, machine=machine)
        self.capabilities = with_absences(type(self), of_engine("nerdctl"))

    async def info(self) -> BackendInfo:
        return (await ask_info(self._line, self._settings, machine=self.is_in_machine))[0]


async def ask_info(line: CommandLine, settings: Settings, *, machine: bool = False) -> tuple[BackendInfo, str]:
    """What nerdctl says of itself and of the containerd that it reaches, and this one's own id."""
    info = await ask(line, "info")
    version = {} if line.own_version else await ask(line, "version")
    found, ident = described(version, info, line.backend, machine=machine), str(info.get("ID") or "")
    if not machine:
        return found, ident
    from perry_ffi.backends.machines.shares import with_machine

    return with_machine(found, settings, line.backend), ident


async def ask(line: CommandLine, what: str) -> Mapping[str, Any]:
    """One of its documents about itself."""
    from perry_ffi.backends.command_line.reading import document, unreadable

    doing = f"ask nerdctl for its {what}"
    said = await line.read([what, "--format=json"], doing=doing)
    found = document(said.stdout, doing=doing, backend=line.backend)
    if not isinstance(found, dict):
        unreadable(str(found), doing=doing, backend=line.backend, why="it is no JSON object")
    return found


@reads("what an engine says of itself")
def described(
    version: Mapping[str, Any], info: Mapping[str, Any], name: str = "nerdctl", *, machine: bool = False
) -> BackendInfo:
    """From ``version`` (empty where that is not to be had) and ``info``. Its version is its own; containerd's stands behind it."""
    client = str(mapping(version["Client"])["Version"]).removeprefix("v") if version else None
    parts = {
        str(row.get("Name")): str(row.get("Version"))
        for row in map(mapping, listing(mapping(version.get("Server")).get("Components")))
    }
    security = [str(item) for item in listing(info.get("SecurityOptions"))]
    return BackendInfo(
        name=name,
        available=True,
        version=client,
        api=(parts.get("containerd") or str(info.get("ServerVersion") or "")).removeprefix("v") or None,
        mode="vm" if machine else "local",
        isolation_level="container",
        rootless=any(item.startswith("name=rootless") for item in security),
        cgroup_version=str(info["CgroupVersion"]) if info.get("CgroupVersion") else None,
        storage_driver=str(info["Driver"]) if info.get("Driver") else None,
    )


__all__ = ["NerdctlBackend", "ask", "ask_info", "described"]
