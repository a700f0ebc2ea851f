"""Every operation through the shared object, on a real docker and a real podman."""

from __future__ import annotations

import json
import re
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.abi.table import OPERATIONS
from perry_ffi.model import capability_result, cleanup, container, image, network, stack, volume
from perry_ffi.model.answer import Answer
from perry_ffi.model.backend import BackendInfo
from perry_ffi.model.base import Model
from perry_ffi.model.doctor_report import (
    DoctorMachine,
    DoctorReport,
    DoctorRuntime,
    DoctorSymptom,
    InstallOption,
    InstallOptions,
)
from perry_ffi.model.stack_status import DependencyGraph, ServiceStatus, StackStatus
from perry_ffi.model.verification import Verification
from perry_ffi.model.workload_status import GraphDocument, GraphPlan, GraphStatus, NodeInfo
from tests.abi.conftest import plain_host
from tests.engines import image as test_image
from tests.engines.daemon import ask
from tests.engines.private import Engine, Engines, empty
from tests.live.conftest import IMAGE, missing
from tests.live.stack_support import IDLE, SERVE, Stacks, environ
from tests.support import library, registry_http
from tests.support.driver import AT_ONCE, FULFILLED, Driver
from tests.support.heard import check
from tests.support.library import Host
from tests.support.sigstore import signing
from tests.support.sigstore.signing import Signer

__all__ = ["plain_host"]

pytestmark = pytest.mark.abi

CALLED: dict[str, set[str]] = {"docker": set(), "podman": set()}
"""The symbols that were called and did what they are for, by engine."""

READY = {row.symbol for row in OPERATIONS if row.ready}
HEX = re.compile(r"[0-9a-f]{64}")


class Border:
    """A C host with one engine. Documents are given as Python values; names of what is made begin with ``prefix``."""

    def __init__(self, driver: Driver, engine: Engine, prefix: str) -> None:
        self.driver, self.engine, self.prefix = driver, engine, prefix

    def value(self, symbol: str, *arguments: Any) -> Any:
        """What the call was fulfilled with, or gave at once."""
        state, text = self.driver.call(symbol, *[_argument(value) for value in arguments])
        assert state in (FULFILLED, AT_ONCE), (symbol, arguments, text)
        CALLED[self.engine.name].add(symbol)
        return json.loads(text) if state == FULFILLED else text

    def document(self, kind: type[Model] | type[Answer], symbol: str, *arguments: Any) -> dict[str, Any]:
        """The same, which has to be a ``kind``: every member known and of its type."""
        found = self.value(symbol, *arguments)
        check(kind, found)
        return found

    def rows(self, kind: type[Any], symbol: str, *arguments: Any) -> list[dict[str, Any]]:
        found = self.value(symbol, *arguments)
        assert isinstance(found, list)
        for row in found:
            check(kind, row)
        return found

    def nothing(self, symbol: str, *arguments: Any) -> None:
        assert self.value(symbol, *arguments) is None

    def refused(self, code: int, kind: str, symbol: str, *arguments: Any) -> dict[str, Any]:
        error = self.driver.rejection(symbol, *[_argument(value) for value in arguments])
        assert (error["code"], error["kind"], error["operation"] != "") == (code, kind, True), error
        return error

    def stream(self, handle: int) -> Iterator[dict[str, Any]]:
        """The records of a stream up to its end."""
        while (batch := self.value("js_container_streamNext", handle)) is not None:
            assert isinstance(batch, list) and batch
            yield from batch

    def close(self, handle: int) -> None:
        self.nothing("js_container_streamClose", handle)
        self.refused(404, "NotFound", "js_container_streamNext", handle)

    def name(self, what: str) -> str:
        return f"{self.prefix}-{what}"

    def spec(self, what: str, *command: str, **members: Any) -> dict[str, Any]:
        """A ContainerSpec of the test image."""
        return {"image": IMAGE, "name": self.name(what), "network": "none", "cmd": list(command), **members}


def _argument(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else json.dumps(value)


@pytest.fixture
def border(engine: Engine, plain_host: Host, tmp_path: Path) -> Iterator[Border]:
    """Everything that the host opened has to be closed, and nothing may be left in the engine; what other tests left is taken away."""
    if engine.private:
        empty(engine)
    before = test_image.objects(engine.socket)
    prefix = f"pb{secrets.token_hex(4)}"
    try:
        with Driver(plain_host, **environ(engine, tmp_path)) as driver:
            yield Border(driver, engine, prefix)
            driver.assert_nothing_left()
        assert test_image.objects(engine.socket) == before
    finally:
        _clean(engine, prefix, tmp_path)


def _clean(engine: Engine, prefix: str, folder: Path) -> None:
    import asyncio

    from perry_ffi.service.client import Client

    asyncio.run(Stacks(Client({}), engine, prefix, folder).clean())
    for tag in test_image.objects(engine.socket)["images"]:
        if prefix in tag:
            ask(engine.socket, "DELETE", f"/v1.41/images/{tag}?force=1")


@pytest.fixture
def registry(engines: Engines) -> str:
    if engines.registry is None:
        missing(engines.missing["registry"])
    assert engines.registry is not None
    return engines.registry


# -- perry/container ----------------------------------------------------------------------------------


def test_a_container_s_life(border: Border) -> None:
    name = border.name("c")
    script = "echo out; echo err >&2; trap 'exit 7' TERM; while :; do sleep 0.1; done"
    spec = border.spec("c", "sh", "-c", script, env={"A": "b c"}, labels={"own": "yes"})
    handle = border.document(container.ContainerHandle, "js_container_run", spec)
    assert HEX.fullmatch(handle["id"]) and handle["name"] == name
    border.refused(409, "Conflict", "js_container_run", spec)

    listed = {row["name"]: row for row in border.rows(container.ContainerInfo, "js_container_list", 0)}
    assert (listed[name]["id"], listed[name]["status"]) == (handle["id"], "running")
    found = border.document(container.ContainerInfo, "js_container_inspect", name)
    assert (found["labels"]["own"], found["raw"]["Id"]) == ("yes", handle["id"])

    ran = border.document(
        container.ExecResult, "js_container_exec", name, ["sh", "-c", "cat; echo $A >&2; exit 3"], {"stdin": "in"}
    )
    assert ran == {"stdout": "in", "stderr": "b c\n", "exitCode": 3}
    stats = border.document(container.ContainerStats, "js_container_stats", name)
    assert (stats["id"], stats["pids"] > 0, stats["memoryUsage"] > 0) == (handle["id"], True, True)

    border.nothing("js_container_stop", name, {"timeout": 60})
    assert border.document(container.WaitResult, "js_container_wait", name, None) == {"exitCode": 7}
    logs = border.document(container.ContainerLogs, "js_container_logs", name, {"tail": 5})
    assert logs == {"stdout": "out\n", "stderr": "err\n"}
    assert name not in {row["name"] for row in border.value("js_container_list", 0)}
    assert name in {row["name"] for row in border.value("js_container_list", 1)}

    border.nothing("js_container_start", name)
    assert border.value("js_container_inspect", name)["status"] == "running"
    border.refused(409, "Conflict", "js_container_remove", name, 0)
    border.nothing("js_container_remove", name, 1)
    assert border.value("js_container_removeIfExists", name, 1) is False


def test_a_log_is_followed_to_its_end(border: Border) -> None:
    created = border.document(
        container.ContainerHandle, "js_container_create", border.spec("c", "sh", "-c", "for i in 1 2 3; do echo $i; done")
    )
    assert border.value("js_container_inspect", created["id"])["status"] == "created"
    border.nothing("js_container_start", created["id"])
    stream = border.value("js_container_followLogs", created["id"], None)
    assert isinstance(stream, int) and stream > 0
    chunks = list(border.stream(stream))
    for chunk in chunks:
        check(container.LogChunk, chunk)
    assert "".join(chunk["text"] for chunk in chunks) == "1\n2\n3\n"
    assert border.value("js_container_streamNext", stream) is None
    border.close(stream)
    assert border.value("js_container_removeIfExists", created["id"], 0) is True


def test_what_is_refused(border: Border) -> None:
    for symbol in ("start", "inspect", "stats"):
        border.refused(404, "NotFound", f"js_container_{symbol}", border.name("none"))
    border.refused(404, "NotFound", "js_container_exec", border.name("none"), ["true"], None)
    border.refused(404, "NotFound", "js_compose_ps", 4711)
    border.refused(404, "NotFound", "js_compose_attach", border.name("none"))
    error = border.refused(400, "ValidationError", "js_container_run", {"image": IMAGE, "nope": 1})
    assert error["path"] == "ContainerSpec.nope"
    border.refused(400, "ValidationError", "js_container_run", None)
    border.refused(400, "ValidationError", "js_container_inspect", None)
    border.refused(400, "ValidationError", "js_compose_up", {"services": {"a": {"image": IMAGE, "nope": 1}}}, None)
    border.refused(422, "DependencyCycle", "js_compose_plan", _cycle(border), None)
    error = border.refused(501, "Unsupported", "js_container_run", border.spec("c", isolation_level="microvm"))
    assert error["backend"] == border.engine.name


def _cycle(border: Border) -> dict[str, Any]:
    services = {"a": {"image": IMAGE, "depends_on": ["b"]}, "b": {"image": IMAGE, "depends_on": ["a"]}}
    return {"name": border.prefix, "services": services}


def test_a_command_in_a_hardened_container(border: Border) -> None:
    ident = border.value("js_container_inspectImage", IMAGE)["id"]
    symbol, spec = "alloy_container_run_capability", {"image": IMAGE, "command": ["sh", "-c", "cat; id -u; touch /x; exit 4"]}
    spec |= {"verify": {"id": ident}, "stdin": "said ", "env": {"A": "b"}}
    done = border.document(capability_result.CapabilityResult, symbol, spec)
    assert (done["stdout"], done["exitCode"], done["digest"]) == ("said 65534\n", 4, ident)
    assert "Read-only file system" in done["stderr"] and not done["timedOut"]
    assert done["isolation"]["network"] == "none" and done["isolation"]["seccomp"] == "strict"
    asleep = border.value(symbol, {**spec, "command": ["sleep", "600"], "timeout": "200ms"})
    assert asleep["timedOut"] and "exitCode" not in asleep
    border.refused(403, "VerificationFailed", symbol, {**spec, "verify": None})
    border.refused(400, "ValidationError", symbol, {**spec, "privileged": True})
    border.refused(503, "BackendNotAvailable", symbol, {**spec, "isolation": "microvm"})
    border.refused(500, "ServiceStartupFailed", symbol, {**spec, "command": ["/no/such"]})


def test_images(border: Border, registry: str, tmp_path: Path) -> None:
    name = f"{registry}/{border.prefix}/app:v1"
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nARG WORD\nLABEL word=$WORD\n")
    spec = {"context": str(tmp_path), "args": {"WORD": "heard"}}
    built = border.document(image.BuildResult, "js_container_build", spec, name)
    details = border.document(image.ImageDetails, "js_container_inspectImage", name)
    assert (details["id"].removeprefix("sha256:"), details["labels"]["word"]) == (
        built["id"].removeprefix("sha256:"), "heard",
    )  # fmt: skip
    listed = border.rows(image.ImageInfo, "js_container_listImages")
    assert [row["tag"] for row in listed if row["repository"] == f"{registry}/{border.prefix}/app"] == ["v1"]

    border.nothing("js_container_pushImage", name, None)
    border.nothing("js_container_removeImage", name, 0)
    border.refused(404, "NotFound", "js_container_inspectImage", name)
    border.refused(404, "NotFound", "js_container_removeImage", name, 0)
    border.nothing("js_container_pullImage", name, {"policy": "missing"})
    assert border.value("js_container_inspectImage", name)["digests"]
    border.nothing("js_container_removeImage", name, 1)
    border.refused(404, "NotFound", "js_container_pullImage", f"{registry}/{border.prefix}/none:1", None)
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN exit 3\n")
    border.refused(500, "BackendError", "js_container_build", spec, None)


def test_signatures(border: Border, registry: str, tmp_path: Path) -> None:
    """verifyImage: with a good signature, with another's, without a policy, and of a registry that is away."""
    name, path = f"{registry}/{border.prefix}/signed:v1", f"{border.prefix}/signed"
    digest = registry_http.put_image(registry, path, "v1")
    good, other = Signer(), Signer()
    text = signing.payload(digest, {"env": "prod"}, path)
    registry_http.put_signatures(registry, path, digest, [(text, signing.simple(good, text))])
    policy = {"keys": [good.pem.decode()], "annotations": {"env": "prod"}}
    found = border.document(Verification, "js_container_verifyImage", name, policy)
    assert (found["verified"], found["digest"], found["pinned"]) == (True, digest, f"{name}@{digest}")
    assert found["signatures"][0]["annotations"] == {"env": "prod"}
    error = border.refused(403, "VerificationFailed", "js_container_verifyImage", name, {"keys": [other.pem.decode()]})
    assert (error["reason"], error["digest"]) == ("wrongKey", digest) and error["remedy"]
    border.refused(
        403, "VerificationFailed", "js_container_run", border.spec("c", verify={"keys": [other.pem.decode()]}, image=name)
    )
    border.refused(400, "ValidationError", "js_container_verifyImage", name, None)
    border.refused(400, "ValidationError", "js_container_verifyImage", name, {"key": "x"})
    border.refused(404, "NotFound", "js_container_verifyImage", f"{registry}/{path}:none", policy)
    border.refused(503, "RegistryNotAvailable", "js_container_verifyImage", "127.0.0.1:9/a/b:1", policy)


def test_networks_and_volumes(border: Border) -> None:
    name = border.name("n")
    made = border.document(network.NetworkInfo, "js_container_createNetwork", name, {"internal": True, "labels": {"a": "b"}})
    assert (made["name"], made["internal"], made["labels"]["a"]) == (name, True, "b")
    border.refused(409, "Conflict", "js_container_createNetwork", name, None)
    found = border.document(network.NetworkInfo, "js_container_inspectNetwork", name)
    assert (found["id"], found["driver"]) == (made["id"], "bridge")
    assert name in {row["name"] for row in border.rows(network.NetworkInfo, "js_container_listNetworks")}
    border.nothing("js_container_removeNetwork", name)
    border.refused(404, "NotFound", "js_container_inspectNetwork", name)

    name = border.name("v")
    made = border.document(volume.VolumeInfo, "js_container_createVolume", name, {"labels": {"a": "b"}})
    assert (made["name"], made["driver"], made["labels"]["a"]) == (name, "local", "b")
    border.refused(409, "Conflict", "js_container_createVolume", name, None)
    assert border.document(volume.VolumeInfo, "js_container_inspectVolume", name)["mountpoint"]
    assert name in {row["name"] for row in border.rows(volume.VolumeInfo, "js_container_listVolumes")}
    border.nothing("js_container_removeVolume", name, 0)
    border.refused(404, "NotFound", "js_container_removeVolume", name, 0)


def test_backends(engine: Engine, engines: Engines, plain_host: Host, tmp_path: Path) -> None:
    """With both engines there, in an order that puts the other one first."""
    if engines.missing.keys() & {"docker", "podman"}:
        missing("it takes both engines")
    first, other = engine.name, {"docker": "podman", "podman": "docker"}[engine.name]
    env = {**engines.environ(), "HOME": str(tmp_path), "PERRY_CONTAINER_BACKEND": f"{other},{first}"}
    with Driver(plain_host, **env) as driver:
        border = Border(driver, engine, "")
        assert border.value("js_container_getBackend") == "unknown"
        rows = {row["name"]: row for row in border.rows(BackendInfo, "js_container_getAvailableBackends")}
        for name in (first, other):
            assert (rows[name]["available"], rows[name]["isolationLevel"]) == (True, "container")
            said = json.loads(ask(engines.engines[name].socket, "GET", "/version")[1])["Version"]
            assert rows[name]["version"] == said  # not of numbers everywhere: a docker may be built from its source
        dead = [row for row in rows.values() if not row["available"]]
        assert dead and all(row["reason"] and row["remedy"] for row in dead)
        assert border.value("js_container_getBackend") == "unknown"

        rows = border.rows(BackendInfo, "js_container_detectBackend")
        assert ([row["name"] for row in rows], border.value("js_container_getBackend")) == ([other, first], other)
        assert json.loads(border.value("js_container_getBackendPriority")) == [other, first]
        info = border.document(BackendInfo, "js_container_setBackend", first)
        assert (info["name"], info["available"], border.value("js_container_getBackend")) == (first, True, first)
        networks = {row["name"] for row in border.value("js_container_listNetworks")}
        assert ("host" in networks) == (first == "docker"), "podman lists no network of that name"
        border.refused(400, "ValidationError", "js_container_setBackend", "nothing-like-it")
        border.refused(503, "BackendNotAvailable", "js_container_setBackend", "nerdctl")
        border.refused(503, "NoBackendFound", "js_container_setBackends", ["nerdctl", "lima"])
        assert border.value("js_container_getBackend") == first
        info = border.document(BackendInfo, "js_container_setBackends", ["nerdctl", other, first])
        assert (info["name"], border.value("js_container_getBackend")) == (other, other)
        assert json.loads(border.value("js_container_getBackendPriority")) == ["nerdctl", other, first]

        border.value("js_container_setBackends", [first, other])
        choose = "js_container_selectBackendFor"
        assert border.value(choose, {"image": IMAGE}, None) == first
        assert border.value(choose, {"image": IMAGE, "gpus": "all"}, None) == "docker"
        assert border.value(choose, {"image": IMAGE, "isolation_level": "microvm"}, None) is None
        border.refused(400, "ValidationError", choose, {"image": IMAGE}, "sideways")


def check_parts(kind: type[Answer], found: Any, parts: dict[str, type[Answer]]) -> None:
    """A ``kind`` whose members of these names are documents, or lists of them."""
    known = {member.json for member in kind._members}
    assert set(found) <= known
    for name, part in parts.items():
        for row in found[name] if isinstance(found[name], list) else [found[name]]:
            check(part, row)


def test_doctor(engine: Engine, engines: Engines, plain_host: Host, tmp_path: Path) -> None:
    """Of an engine that works, and of a variable that names what is not there; nothing is run."""
    env = {**engines.environ(), "HOME": str(tmp_path), "PERRY_CONTAINER_BACKEND": engine.name}
    with Driver(plain_host, **env) as driver:
        border = Border(driver, engine, "")
        report = border.value("js_container_doctor", None)
        check_parts(DoctorReport, report, {"machine": DoctorMachine, "runtimes": DoctorRuntime, "symptoms": DoctorSymptom})
        assert (report["healthy"], report["chosen"]) == (True, engine.name)
        assert border.value("js_container_getBackend") == "unknown", "it activates none"
        row = next(row for row in report["runtimes"] if row["name"] == engine.name)
        tried = border.value("js_container_doctor", {"image": IMAGE})
        assert tried["healthy"] and tried["trial"]["ok"], tried["trial"]
        tried = border.value("js_container_doctor", {"image": "localhost/nothing-like-it:1"})
        assert not tried["healthy"] and f"{engine.name}:trial" in {row["id"] for row in tried["symptoms"]}
        assert (row["state"], row["reason"]) == ("ready", "") and row["api"] and row["storageDriver"] and "rootless" in row
        options = border.value("js_container_install", None)
        check_parts(InstallOptions, options, {"options": InstallOption})
        assert {"install:podman", "install:docker"} <= {row["id"] for row in options["options"]} and "ran" not in options
        border.refused(404, "NotFound", "js_container_install", {"run": "nothing-like-it"})
        border.refused(501, "Unsupported", "js_container_install", {"run": "install:podman"})
        border.refused(400, "ValidationError", "js_container_doctor", {"directory": "relative"})
    env |= {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", "PERRY_CONTAINER_BACKEND": "docker"}
    with Driver(plain_host, **env) as driver:
        border = Border(driver, engine, "")
        report = border.value("js_container_doctor", {"directory": str(tmp_path)})
        assert not report["healthy"] and "docker:server-missing" in {row["id"] for row in report["symptoms"]}


# -- perry/compose ------------------------------------------------------------------------------------


def project(border: Border, **web: Any) -> dict[str, Any]:
    """A store that is healthy, a web server that waits for it, a job of a profile; a network, a volume."""
    plain = {"image": IMAGE, "stop_grace_period": "1s"}
    services = {
        "store": {**plain, "command": SERVE, "volumes": ["data:/data"],
                  "healthcheck": {"test": ["CMD", "true"], "interval": "1s", "timeout": "60s"}},
        "web": {**plain, "command": ["sh", "-c", "echo hello; exec sleep 600"],
                "depends_on": {"store": {"condition": "service_healthy"}}, **web},
    }  # fmt: skip
    return {"name": border.prefix, "services": services, "volumes": {"data": {}}}


def states(border: Border, handle: int) -> dict[str, str]:
    rows = border.rows(ServiceStatus, "js_compose_ps", handle)
    return {row["name"].removeprefix(f"{border.prefix}-"): row["status"] for row in rows}


def healthy_again(border: Border, handle: int) -> None:
    """Docker calls a paused container unhealthy until the first probe after the pause."""
    deadline = time.monotonic() + 120
    while border.value("js_compose_status", handle)["services"]["store"]["health"] == "unhealthy":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def report(border: Border, symbol: str, *arguments: Any) -> tuple[int, int, int]:
    found = border.document(cleanup.CleanupReport, symbol, *arguments)
    assert found["errors"] == []
    return found["containers_removed"], found["networks_removed"], found["volumes_removed"]


def test_a_stack_is_brought_up_looked_at_and_taken_down(border: Border, tmp_path: Path) -> None:
    (tmp_path / "compose.json").write_text(json.dumps(project(border, labels={"price": "$${five}"})))
    request = {"files": [str(tmp_path / "compose.json")], "env": {"five": "5"}}
    spec = border.value("js_compose_load", request)
    assert (spec["name"], sorted(spec["services"])) == (border.prefix, ["store", "web"])

    plan = border.value("js_compose_plan", spec, {"wait": True})
    assert plan["project"] == border.prefix
    assert {"create network", "create volume", "create container", "start container", "wait"} <= {
        step["action"] for step in plan["steps"]
    }
    progress = border.value("js_compose_progress")
    handle = border.value("js_compose_up", spec, {"wait": True, "waitTimeout": 200})
    told = border.value("js_container_streamNext", progress)
    assert [record["seq"] for record in told] == list(range(told[0]["seq"], told[0]["seq"] + len(told)))
    assert all(record["version"] == 1 and record["kind"] in ("step", "warning", "verb", "wait") for record in told)
    assert {(r["state"], r["action"], r["target"]) for r in told if r["kind"] == "step"} >= {
        ("done", "start container", f"{border.prefix}-web-1")
    }
    border.close(progress)

    assert states(border, handle) == {"store-1": "running", "web-1": "running"}
    status = border.value("js_compose_status", handle)
    check(StackStatus, status)
    assert (status["project"], status["status"], status["services"]["store"]["health"]) == (
        border.prefix, "running", "healthy",
    )  # fmt: skip
    graph = border.value("js_compose_graph", handle)
    check(DependencyGraph, graph)
    assert graph["nodes"] == ["store", "web"]
    assert graph["edges"] == [{"from": "web", "to": "store", "condition": "service_healthy"}]
    text = border.value("js_compose_config", handle)
    assert f"name: {border.prefix}\n" in text and "price: $${five}" in text
    assert border.value("js_container_inspect", f"{border.prefix}-web-1")["labels"]["price"] == "${five}"
    assert border.value("js_compose_plan", spec, None)["steps"] == []

    attached = border.value("js_compose_attach", border.prefix)
    assert attached != handle and states(border, attached) == states(border, handle)
    assert report(border, "js_compose_down", attached, {"volumes": False}) == (2, 1, 0)
    border.refused(404, "NotFound", "js_compose_ps", attached)
    assert states(border, handle) == {}
    assert report(border, "js_compose_down", handle, {"volumes": True}) == (0, 0, 1)


def test_a_stack_s_logs_events_and_commands(border: Border) -> None:
    handle = border.value("js_compose_up", project(border), {"wait": True, "waitTimeout": 200})
    records = border.value("js_compose_logs", handle, {"services": ["web"]})
    assert [(r["service"], r["replica"], r["stream"], r["text"], r["time"] != "") for r in records] == [
        ("web", 1, "stdout", "hello", True)
    ]
    followed = border.value("js_compose_followLogs", handle, None)
    assert next(border.stream(followed))["text"] == "hello"
    border.close(followed)

    events = border.value("js_compose_events", handle)
    ran = border.document(container.ExecResult, "js_compose_exec", handle, "store", ["cat"], {"stdin": "in"})
    assert ran == {"stdout": "in", "stderr": "", "exitCode": 0}
    border.refused(404, "NotFound", "js_compose_exec", handle, "nobody", ["true"], None)
    once = border.document(stack.RunResult, "js_compose_run", handle, "web", {"cmd": ["sh", "-c", "echo once; exit 4"]})
    assert (once["exitCode"], once["stdout"], once["stderr"]) == (4, "once\n", "")
    border.nothing("js_compose_kill", handle, ["web"], {"signal": "SIGKILL"})
    died = next(r for r in border.stream(events) if r.get("action") == "die" and r["name"] == f"{border.prefix}-web-1")
    assert (died["kind"], died["service"], died["exitCode"]) == ("container", "web", 137)
    border.close(events)
    assert report(border, "js_compose_down", handle, {"volumes": True}) == (2, 1, 1)


def test_a_stack_s_services_are_driven(border: Border) -> None:
    handle = border.value("js_container_composeUp", project(border), {"wait": True, "waitTimeout": 200})

    def after(symbol: str, *arguments: Any) -> dict[str, str]:
        border.nothing(symbol, handle, *arguments)
        return states(border, handle)

    assert after("js_compose_stop", [], None) == {"store-1": "running", "web-1": "running"}
    assert after("js_compose_stop", ["web"], {"timeout": 1}) == {"store-1": "running", "web-1": "exited"}
    assert after("js_compose_start", ["web"], {"timeout": 200}) == {"store-1": "running", "web-1": "running"}
    assert after("js_compose_pause", ["store"], None) == {"store-1": "paused", "web-1": "running"}
    assert after("js_compose_unpause", None, None) == {"store-1": "running", "web-1": "running"}
    healthy_again(border, handle)
    before = border.value("js_container_inspect", f"{border.prefix}-web-1")["startedAt"]
    assert after("js_compose_restart", ["web"], {"timeout": 1}) == {"store-1": "running", "web-1": "running"}
    assert border.value("js_container_inspect", f"{border.prefix}-web-1")["startedAt"] != before
    assert after("js_compose_scale", {"web": 2}) == {"store-1": "running", "web-1": "running", "web-2": "running"}
    assert after("js_compose_scale", {"web": 1}) == {"store-1": "running", "web-1": "running"}
    assert after("js_compose_kill", None, None) == {"store-1": "exited", "web-1": "exited"}
    border.refused(400, "ValidationError", "js_compose_scale", handle, {"web": -1})
    border.refused(404, "NotFound", "js_compose_stop", handle, ["nobody"], None)
    assert report(border, "js_container_downByProject", border.prefix, {"volumes": True}) == (2, 1, 1)
    assert report(border, "js_container_downByProject", border.prefix, {"volumes": True}) == (0, 0, 0)
    assert report(border, "js_compose_down", handle, None) == (0, 0, 0)


def test_a_stack_s_images(border: Border, registry: str, tmp_path: Path) -> None:
    name = f"{registry}/{border.prefix}/own:1"
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM {IMAGE}\nLABEL own=yes\n")
    own = {"image": name, "build": str(context), "command": IDLE, "network_mode": "none", "stop_grace_period": "1s"}
    spec = {"name": border.prefix, "services": {"own": own}}
    handle = border.value("js_compose_up", spec, {"build": True})
    for symbol in ("js_compose_build", "js_compose_push"):
        found = border.document(stack.ImagesReport, symbol, handle, None)
        assert (found["images"], found["errors"]) == ([name], [])
    border.value("js_compose_down", handle, {"images": "all"})
    border.refused(404, "NotFound", "js_container_inspectImage", name)

    del own["build"]
    handle = border.value("js_compose_up", spec, None)
    found = border.document(stack.ImagesReport, "js_compose_pull", handle, {"services": ["own"]})
    assert (found["images"], found["errors"]) == ([name], [])
    assert border.value("js_container_inspectImage", name)["labels"]["own"] == "yes"
    border.value("js_compose_down", handle, {"images": "all"})


# -- perry/workloads ----------------------------------------------------------------------------------


def graph(border: Border, **nodes: dict[str, Any]) -> str:
    """The JSON of a graph, composed as a program composes it; each node has the test image."""
    told = {}
    for name, members in nodes.items():
        node = {"image": IMAGE, "stop_timeout": 1, **members}
        told[name] = json.loads(border.value("js_workload_node", name, node))
    return str(border.value("js_workload_graph", border.prefix, {"nodes": told}))


def serving(**members: Any) -> dict[str, Any]:
    return {"kind": "service", "cmd": ["sh", "-c", "echo up; " + SERVE[-1].replace("$$", "$")], **members}


def job(script: str, **members: Any) -> dict[str, Any]:
    return {"kind": "job", "cmd": ["sh", "-c", script], **members}


def pipeline(border: Border) -> str:
    """A service, a job that is told where it is, and one that is told what that job said."""
    seeded = {"nodeId": "seed", "projection": "output", "name": "said"}
    return graph(
        border,
        db=serving(expose=["5432"]),
        seed=job("echo of $DB", env={"DB": {"nodeId": "db", "projection": "endpoint"}}, outputs={"said": {"from": "stdout"}}),
        told=job("echo $IT; echo err >&2", env={"IT": {"concat": ["<", seeded, ">"]}}),
    )


def phases(border: Border, handle: int) -> dict[str, str]:
    return dict(border.document(GraphStatus, "js_workload_handle_status", handle)["phases"])


def test_a_graph_is_planned_run_looked_at_and_taken_down(border: Border) -> None:
    written = pipeline(border)
    plan = border.document(GraphPlan, "js_workload_inspectGraph", written)
    assert (plan["levels"], set(plan["phases"].values()), plan["errors"]) == ([["db"], ["seed"], ["told"]], {"pending"}, {})
    assert {row["node"] for row in plan["plan"]} >= {"db", "seed", "told"}
    some = border.document(GraphPlan, "js_workload_planGraph", written, {"only": ["seed"]})
    assert {row["node"] for row in some["plan"]} - {None} == {"db", "seed"}
    assert border.value("js_container_list", 1) == []

    handle = border.value("js_workload_runGraph", written, None)
    assert phases(border, handle) == {"db": "ready", "seed": "succeeded", "told": "succeeded"}
    rows = {row["nodeId"]: row for row in border.rows(NodeInfo, "js_workload_handle_ps", handle)}
    assert {name: (row["state"], row["name"], row["attempt"], row["exitCode"]) for name, row in rows.items()} == {
        "db": ("running", border.name("db-1"), 1, None), "seed": ("stopped", border.name("seed-1"), 1, 0),
        "told": ("stopped", border.name("told-1"), 1, 0),
    }  # fmt: skip
    drawn = border.document(GraphDocument, "js_workload_handle_graph", handle)
    assert [(edge["from"], edge["to"], edge["condition"], edge["origin"]) for edge in drawn["edges"]] == [
        ("seed", "db", "ready", ["ref"]), ("told", "seed", "succeeded", ["ref"]),
    ]  # fmt: skip
    assert "digraph" in drawn["dot"] and drawn["mermaid"].startswith("flowchart")
    logs = border.document(container.ContainerLogs, "js_workload_handle_logs", handle, "told", None)
    assert logs == {"stdout": "<of db:5432>\n", "stderr": "err\n"}
    logs = border.document(container.ContainerLogs, "js_workload_handle_logs", handle, None, {"tail": 5})
    assert {line.split()[0] for line in logs["stdout"].splitlines()} == {"db", "seed", "told"}
    ran = border.document(container.ExecResult, "js_workload_handle_exec", handle, "db", ["cat"], {"stdin": "in"})
    assert ran == {"stdout": "in", "stderr": "", "exitCode": 0}
    border.refused(409, "Conflict", "js_workload_handle_exec", handle, "seed", ["true"], None)
    border.refused(404, "NotFound", "js_workload_handle_exec", handle, "nobody", ["true"], None)
    border.refused(404, "NotFound", "js_workload_handle_logs", handle, "nobody", None)

    attached = border.value("js_workload_attach", border.prefix)
    assert attached != handle and phases(border, attached) == phases(border, handle)
    again = border.document(GraphDocument, "js_workload_handle_graph", attached)
    assert (again["nodes"], again["edges"]) == (drawn["nodes"], drawn["edges"])
    assert border.document(GraphStatus, "js_workload_handle_wait", attached, {"timeout": 60})["healthy"]
    assert report(border, "js_workload_handle_down", attached, None) == (3, 1, 0)
    border.refused(404, "NotFound", "js_workload_handle_status", attached)
    assert border.rows(NodeInfo, "js_workload_handle_ps", handle) == []
    assert report(border, "js_workload_handle_down", handle, None) == (0, 0, 0)
    border.refused(404, "NotFound", "js_workload_attach", border.prefix)


def test_a_graph_s_events_and_logs_while_it_runs(border: Border) -> None:
    written = graph(
        border,
        web=serving(),
        slow=job("sleep 1; echo said; exit $(test -e /v/again || { touch /v/again; echo 3; })", depends_on=["web"], retry={"limit": 1, "delay": 0},
                 volumes=["data:/v"]),
    ).replace('"nodes"', '"volumes":{"data":{}},"nodes"', 1)  # fmt: skip
    handle = border.value("js_workload_runGraph", written, {"until": "started"})
    events = border.value("js_workload_handle_events", handle)
    followed = border.value("js_workload_handle_followLogs", handle, {"nodes": ["slow"]})
    border.refused(404, "NotFound", "js_workload_handle_followLogs", handle, {"nodes": ["nobody"]})
    said = border.stream(followed)
    chunks = [next(said), next(said)]
    assert [(chunk["node"], chunk["attempt"], chunk["stream"], chunk["text"].strip()) for chunk in chunks] == [
        ("slow", 1, "stdout", "said"), ("slow", 2, "stdout", "said"),
    ]  # fmt: skip
    border.close(followed)
    status = border.document(GraphStatus, "js_workload_handle_wait", handle, {"timeout": 60})
    assert status["healthy"] and (status["details"]["slow"]["attempt"], status["details"]["slow"]["attempts"]) == (2, 2)
    told: list[dict[str, Any]] = []
    for record in border.stream(events):
        told.append(record)
        if (record["kind"], record.get("node"), record.get("phase")) == ("node", "slow", "succeeded"):
            break
    assert all(record["version"] == 1 for record in told)
    moves = [(record["phase"], record["attempt"]) for record in told if record["kind"] == "node" and record["node"] == "slow"]
    assert ("retrying", 1) in moves and moves[-1] == ("succeeded", 2)
    border.close(events)
    assert report(border, "js_workload_handle_down", handle, {"volumes": True}) == (2, 1, 1)


def test_a_graph_that_fails(border: Border) -> None:
    """Halted it has a handle, which the error names; rolled back there is nothing; a run that goes on can be ended."""
    broken = graph(
        border, web=serving(), bad=job("echo why >&2; exit 9", depends_on=["web"]), later=job("true", depends_on=["bad"])
    )
    error = border.refused(500, "ServiceStartupFailed", "js_workload_runGraph", broken, None)
    assert (error["node"], error["exitCode"], error["rolledBack"]) == ("bad", 9, True) and "graph" not in error
    assert border.value("js_container_list", 1) == []

    error = border.refused(500, "ServiceStartupFailed", "js_workload_runGraph", broken, {"onFailure": "haltGraph"})
    handle = error["graph"]
    assert (error["node"], error["exitCode"], "why" in str(error["logs"])) == ("bad", 9, True)
    found = phases(border, handle)
    assert (found["web"], found["bad"]) == ("ready", "failed") and found["later"] in ("cancelled", "skipped")
    border.refused(404, "NotFound", "js_compose_ps", handle)
    assert report(border, "js_workload_handle_down", handle, None)[0] == 2

    long = graph(border, long=job("sleep 600", stop_timeout=0))
    handle = border.value("js_workload_runGraph", long, {"until": "started"})
    error = border.refused(504, "Timeout", "js_workload_handle_wait", handle, {"timeout": 0.3})
    assert "graph" in error["message"]
    assert report(border, "js_workload_handle_down", handle, None)[0] <= 1


def test_a_graph_is_a_project(border: Border) -> None:
    handle = border.value("js_workload_runGraph", graph(border, web=serving()), None)
    border.refused(404, "NotFound", "js_compose_ps", handle)
    stack = border.value("js_compose_attach", border.prefix)
    border.refused(404, "NotFound", "js_workload_handle_ps", stack)
    assert [row["service"] for row in border.rows(ServiceStatus, "js_compose_ps", stack)] == ["web"]
    assert report(border, "js_container_downByProject", border.prefix, None) == (1, 1, 0)
    border.value("js_compose_down", stack, None)
    border.value("js_workload_handle_down", handle, None)

    plain = {
        "name": border.prefix,
        "services": {"s": {"image": IMAGE, "command": IDLE, "network_mode": "none", "stop_grace_period": "0s"}},
    }
    stack = border.value("js_compose_up", plain, None)
    border.refused(409, "Conflict", "js_workload_attach", border.prefix)
    border.refused(409, "Conflict", "js_workload_runGraph", graph(border, web=serving()), None)
    border.value("js_compose_down", stack, None)


def test_graphs_that_are_refused(border: Border) -> None:
    """By the path of what is wrong, before the engine is asked for anything."""
    cycle = graph(border, a=job("true", depends_on=["b"]), b=job("true", depends_on=["a"]))
    for symbol in ("js_workload_runGraph", "js_workload_inspectGraph", "js_workload_planGraph"):
        options = () if symbol == "js_workload_inspectGraph" else (None,)
        error = border.refused(422, "DependencyCycle", symbol, cycle, *options)
        assert set(error["cycle"]) == {"a", "b"}
        error = border.refused(400, "ValidationError", symbol, graph(border, a=job("true", depends_on=["nobody"])), *options)
        assert error["path"] == "WorkloadGraph.nodes.a.depends_on.nobody", error
        border.refused(400, "ValidationError", symbol, graph(border, a=job("true", nope=1)), *options)
        border.refused(400, "ValidationError", symbol, border.value("js_workload_graph", border.prefix, "no document"), *options)
    border.refused(400, "ValidationError", "js_workload_runGraph", graph(border, a=serving()), {"strategy": "sideways"})
    border.refused(404, "NotFound", "js_workload_handle_status", 4711)


PYTHON_HOST = """
def ask(symbol, *arguments):
    promise = native.call("js_workload_" + symbol, *arguments)
    assert promise.wait() == FULFILLED, promise.result()
    return promise.result()

document, long = sys.argv[1:]
handle = ask("runGraph", document, None)
told = [ask("handle_status", handle)["phases"], ask("handle_logs", handle, "told", None)["stdout"]]
told.append(ask("handle_down", handle, None)["errors"])

run = native.call("js_workload_runGraph", long, None)
while not any(row["status"] == "running" for row in native.call("js_container_list", 0).result()):
    assert run.wait(100) == PENDING
assert native.lib.perry_container_promise_cancel(run.pointer) == 0
told.append(run.result()["code"])

behind = ask("runGraph", long, '{"until": "started"}')
wait = native.call("js_workload_handle_wait", behind, None)
events = ask("handle_events", behind)
native.lib.perry_container_shutdown(60000)
told.append(wait.result()["code"])
print(json.dumps(told))
"""


def test_graphs_of_a_python_host(engine: Engine, tmp_path: Path) -> None:
    """Through ctypes alone: one that runs, one whose run is cancelled, and one whose host ends the library meanwhile.

    Without site: packages of the host's own come before those of the library.
    """
    before = test_image.objects(engine.socket)
    name = f"pb{secrets.token_hex(4)}"
    node = {"image": IMAGE, "stop_timeout": 0}
    told = job("echo $A", env={"A": {"nodeId": "make", "projection": "output"}})
    documents = [
        {"name": name, "nodes": {"make": {**node, **job("echo made")}, "told": {**node, **told}}},
        {"name": name, "nodes": {"web": {**node, **serving()}, "long": {**node, **job("sleep 600", depends_on=["web"])}}},
    ]
    support = Path(library.__file__).parent
    script = (
        f"import sys\nsys.path.insert(0, {str(support)!r})\nfrom native import *\nnative = Native({str(library.library())!r})\n"
    )
    python = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
    command = [python, "-I", "-S", "-c", script + PYTHON_HOST, *map(json.dumps, documents)]
    ran = library.run(command, library.clean_environment(**environ(engine, tmp_path)), timeout=120)
    assert (ran.status, ran.err) == (0, ""), ran
    phases = {"make": "succeeded", "told": "succeeded"}
    assert json.loads(ran.out) == [phases, "made\n", [], 499, 499]
    assert test_image.objects(engine.socket) == before


def test_everything_is_taken_down(border: Border) -> None:
    if not border.engine.private:
        missing("this engine may hold stacks of its user's, and downAll would take them down")
    service = {"image": IMAGE, "command": IDLE, "stop_grace_period": "1s"}
    stuck = test_image.objects(border.engine.socket)["networks"]
    handles = []
    for suffix in ("a", "b"):
        spec = {"name": border.name(suffix), "services": {"s": service}}
        handles.append(border.value("js_compose_up", spec, None))
    found = border.document(cleanup.CleanupReport, "js_container_downAll", {"volumes": True, "networks": True})
    # Docker before 28.1 may have lost count of a network of another test: it stays, and is told.
    assert [row for row in found["errors"] if not any(f"remove network {name}: " in row for name in stuck)] == []
    assert (found["containers_removed"], found["networks_removed"]) == (2, 2)
    for handle in handles:
        assert report(border, "js_compose_down", handle, None) == (0, 0, 0)


def test_the_library_can_be_started_early(border: Border) -> None:
    assert border.driver.call("js_container_module_init") == (0, "")
    CALLED[border.engine.name].add("js_container_module_init")
    assert isinstance(border.value("js_container_list", 1), list)


def test_every_ready_row_was_called_and_did_its_work(engine: Engine, request: pytest.FixtureRequest) -> None:
    """On both engines. To be the last test of this file; it says nothing where not all of them were chosen to run."""
    chosen = {item.originalname for item in request.session.items if item.path == request.node.path}
    if chosen != {name for name in globals() if name.startswith("test_") and callable(globals()[name])}:
        pytest.skip("only some tests of this file were chosen")
    assert READY - CALLED[engine.name] == set()
