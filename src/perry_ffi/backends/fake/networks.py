"""Networks of the engine in memory."""

from __future__ import annotations

from perry_ffi.backends.contract.networks import Kept
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.fake.calls import FakeCalls, carries
from perry_ffi.backends.fake.world import BUILT_IN
from perry_ffi.errors import Conflict
from perry_ffi.model.container import Endpoint
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.network import NetworkInfo, NetworkSpec


class FakeNetworks(FakeCalls):
    """The core's networks."""

    async def create_network(self, name: str, spec: NetworkSpec) -> NetworkInfo:
        async with self.call("create_network", name, write=True) as world:
            info = NetworkInfo(id="", name=name, driver=spec.driver or "bridge", internal=spec.internal)
            subnets = [pool.subnet for pool in spec.ipam.config if pool.subnet] if spec.ipam else []
            return world.add_network(info.model_copy(update={"labels": dict(spec.labels), "subnets": subnets}))

    async def remove_network(self, name: str) -> None:
        async with self.call("remove_network", name, write=True) as world:
            info = world.network(name)
            known = [key for key, found in world.networks.items() if found is info]
            users = sorted(box.name for box in world.attached(info.name)) if known == [info.name] else []
            if users or info.name in BUILT_IN:
                raise Conflict(
                    f"remove the network {info.name}: {', '.join(users)} is on it", backend=self.name, containers=users
                )
            del world.networks[known[0]]

    async def inspect_network(self, name: str) -> NetworkInfo:
        async with self.call("inspect_network", name) as world:
            info = world.network(name)
            on_it = world.attached(info.name) if world.networks.get(info.name) is info else ()
            return info.model_copy(update={"containers": {box.id: box.name for box in on_it}})

    async def list_networks(self, labels: Labels | None = None) -> list[NetworkInfo]:
        async with self.call("list_networks") as world:
            return [info for info in world.networks.values() if carries(info.labels, labels)]


class FakeNetworkChanges(FakeCalls):
    """Containers join networks and leave them; networks are made again."""

    async def connect_network(self, network: str, ident: str, endpoint: EndpointSpec) -> None:
        async with self.call("connect_network", ident, write=True) as world:
            box, info = world.find(ident), world.network(network)
            if info.name in box.networks:
                raise Conflict(f"{box.name} is on {info.name} already", backend=self.name)
            box.networks[info.name] = Endpoint(aliases=list(endpoint.aliases))

    async def disconnect_network(self, network: str, ident: str, *, force: bool = False) -> None:
        async with self.call("disconnect_network", ident, write=True) as world:
            box, info = world.find(ident), world.network(network)
            if box.networks.pop(info.name, None) is None:
                raise Conflict(f"{box.name} is not on {info.name}", backend=self.name)

    async def keep_network(self, name: str) -> Kept:
        async with self.call("keep_network", name) as world:
            info = world.network(name)
            return Kept(info.name, info.id, {"info": info})

    async def make_network_again(self, kept: Kept) -> None:
        async with self.call("make_network_again", kept.name, write=True) as world:
            world.add_network(kept.document["info"])

    async def keep_place(self, network: str, ident: str) -> Kept | None:
        async with self.call("keep_place", ident) as world:
            place = world.find(ident).networks.get(network)
            return None if place is None else Kept(network, ident, {"place": place})

    async def take_place_again(self, kept: Kept) -> str | None:
        async with self.call("take_place_again", kept.id, write=True) as world:
            place: Endpoint = kept.document["place"]
            now = world.network(kept.name).id
            world.find(kept.id).networks[kept.name] = place.model_copy(update={"network_id": now})
        return None


__all__ = ["FakeNetworkChanges", "FakeNetworks"]
