"""What happens to a container between its start and its end, and the networks it joins meanwhile."""

from __future__ import annotations

import math
import os
import sys

from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.requests.network import MANY_ENDPOINTS_API, attachment_payload
from perry_ffi.backends.engine_api.resources.ending_limit import Endings
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, ContainerError, ValidationError
from perry_ffi.model.container_values import Attachment
from perry_ffi.model.container_values import signal as checked_signal
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.host_values import is_alias

_KILLS = ("SIGKILL", "KILL", "9")


class Lifecycle(Endings):
    """Rename, signals, freezing, restart; joining and leaving networks."""

    @property
    def parallel_calls(self) -> int:
        """Four for each processor of this machine: an engine waits for its runtime most of a start, not for a processor.

        Measured with 20 services on two processors: 2 calls at a time take half as long again as 8, and 20 no less.
        """
        return 4 * (os.cpu_count() or 1)

    @property
    def late_networks(self) -> int:
        """Docker looks for the networks when a container starts. Before 1.44 it is joined to all but one by calls of their own."""
        if self.podman:
            return 0
        return sys.maxsize if self.version.api >= MANY_ENDPOINTS_API else 1

    async def rename_container(self, ident: str, name: str) -> None:
        doing = f"rename the container {shown(ident)} to {shown(name)}"
        request = Request("POST", ("containers", Name(ident), "rename"), doing, query={"name": name})
        try:
            await self.ask(request, subject=ident)
        except ValidationError as error:
            if "same name as its current name" not in error.message:
                raise

    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        doing = f"send {shown(signal)} to the container {shown(ident)}"
        request = Request("POST", ("containers", Name(ident), "kill"), doing, query={"signal": checked_signal(signal)})
        async with self.ending(ident, 0 if signal in _KILLS else math.inf):
            await self.ask(request, subject=ident)

    async def pause_container(self, ident: str) -> None:
        try:
            await self.ask(self._act(ident, "pause"), subject=ident)
        except Conflict as error:
            if "already paused" not in error.message:
                raise

    async def unpause_container(self, ident: str) -> None:
        request = self._act(ident, "unpause")
        try:
            await self.ask(request, subject=ident)
        except (Conflict, BackendError) as error:
            if "not paused" not in error.message:
                raise
            if (await self.inspect_container(ident)).status != "running":
                raise self._conflict(error, f"{request.doing}: it does not run") from error

    async def restart_container(self, ident: str, timeout: float | None = None) -> None:
        doing = f"restart the container {shown(ident)}"
        query = {} if timeout is None else {"t": math.ceil(timeout)}
        request = Request("POST", ("containers", Name(ident), "restart"), doing, query=query, patient=True)
        await self.ask(request, subject=ident)

    # -- networks -------------------------------------------------------------------------------

    async def connect_network(self, network: str, ident: str, endpoint: EndpointSpec) -> None:
        doing = f"connect the container {shown(ident)} to the network {shown(network)}"
        item = Attachment(
            network, endpoint.aliases, endpoint.ipv4_address, endpoint.ipv6_address, endpoint.link_local_ips,
            endpoint.mac_address, endpoint.driver_opts,
        )  # fmt: skip
        mac = self.podman or self.version.api >= (1, 44)
        config = attachment_payload(item, self.flavour, mac=mac)
        if self.podman and is_alias(name := await self._host_name(ident)):
            config["Aliases"] = list(dict.fromkeys((*endpoint.aliases, name)))
        body = {"Container": ident, "EndpointConfig": config}
        path = ("networks", await self.network_segment(network), "connect")
        await self.ask(Request("POST", path, doing, document=body), subject=network)

    async def _host_name(self, ident: str) -> str:
        """The host name that somebody gave a container: docker lets it answer to that on each network that it joins."""
        found = await self.inspect_container(ident)
        name = ((found.raw or {}).get("Config") or {}).get("Hostname") or ""
        return "" if name == found.id[:12] else name

    async def disconnect_network(self, network: str, ident: str, *, force: bool = False) -> None:
        doing = f"disconnect the container {shown(ident)} from the network {shown(network)}"
        request = Request(
            "POST",
            ("networks", await self.network_segment(network), "disconnect"),
            doing,
            document={"Container": ident, "Force": force},
        )
        try:
            async with self.ending(ident):
                await self.ask(request, subject=network)
        except BackendError as error:
            # Podman says the latter of a container that is in another's namespace.
            if "not connected" not in error.message and "invalid network mode" not in error.message:
                raise
            raise self._conflict(error, error.message) from error

    def _act(self, ident: str, verb: str) -> Request:
        return Request("POST", ("containers", Name(ident), verb), f"{verb} the container {shown(ident)}")

    def _conflict(self, error: ContainerError, message: str) -> Conflict:
        return Conflict(message, **error.details)
