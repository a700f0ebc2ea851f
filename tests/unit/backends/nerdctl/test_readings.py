"""nerdctl's documents, with the oddities that were recorded, and what is unknown of them."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.nerdctl.readings import container_info, keeps_no_log, network_info, own_labels, volume_info
from perry_ffi.backends.nerdctl.stats import size
from perry_ffi.errors import BackendError


def document(**state: Any) -> dict[str, Any]:
    return {
        "Id": "7" * 64, "Created": "2026-11-20T10:00:00.5Z", "Name": "web", "Image": "docker.io/library/bb:1",
        "State": {"Status": "running", "ExitCode": 0, "StartedAt": "2026-11-20T10:00:01Z", **state},
        "Config": {
            "Labels": {
                "a": "1=2, 3", "nerdctl/networks": '["front","back"]', "nerdctl/platform": "linux/amd64", "perry.engine.image": "sha256:1",
            }
        },
        "NetworkSettings": {"Ports": None, "Networks": {"unknown-eth0": {"IPAddress": "10.4.0.2"}, "unknown-eth1": {"IPAddress": "10.4.1.2"}}},
    }  # fmt: skip


def test_a_container() -> None:
    found = container_info(document())
    assert (found.status, found.image, found.image_id, found.labels) == ("running", "bb:1", "sha256:1", {"a": "1=2, 3"})
    assert {name: item.ip_address for name, item in found.networks.items()} == {"front": "10.4.0.2", "back": "10.4.1.2"}


def test_one_that_never_ran_has_no_status_there() -> None:
    found = container_info(document(Status="", StartedAt="", Error="no such file"))
    assert (found.status, found.exit_code, found.started_at, found.error) == ("created", None, None, "no such file")
    assert container_info({**document(), "NetworkSettings": {"Networks": None}}).networks.keys() == {"front", "back"}


def probe(start: str, code: int) -> dict[str, Any]:
    return {"Start": start, "End": start, "ExitCode": code, "Output": ""}


def test_health_is_that_of_the_run_that_goes_on() -> None:
    log = [probe("2026-11-20T10:00:03Z", 1), probe("2026-11-20T10:00:02Z", 0), probe("2026-11-20T09:00:00Z", 1)]
    found = container_info(document(Health={"Status": "healthy", "FailingStreak": 0, "Log": log}))
    assert found.health == "healthy" and [item.passed for item in found.probes] == [True, False]
    old = container_info(document(Health={"Status": "healthy", "FailingStreak": 0, "Log": log[2:]}))
    assert (old.health, old.probes) == ("starting", [])
    assert container_info(document(Health=None)).health is None


def test_what_somebody_ended_is_not_started_again() -> None:
    told = document(Status="restarting", ExitCode=4)
    assert container_info(told).status == "restarting"
    told["Config"]["Labels"]["containerd.io/restart.explicitly-stopped"] = "true"
    assert (container_info(told).status, container_info(told).exit_code) == ("exited", 4)


@pytest.mark.parametrize("change", [{"State": {"Status": "thawing"}}, {"State": None}, {"Id": 7}, {"Config": []}])
def test_what_is_unknown_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(BackendError, match="a container cannot be read"):
        container_info({**document(), **change})


def test_networks_and_volumes() -> None:
    ranges = [[{"subnet": "10.4.1.0/24", "gateway": "10.4.1.1"}]]
    plugins = [{"type": "bridge", "mtu": 1400, "ipam": {"ranges": ranges}}, {"type": "portmap"}]
    found = network_info(
        {"CNI": {"name": "n", "plugins": plugins}, "NerdctlID": "9", "NerdctlLabels": {"perry.engine.internal": "true", "a": "b"}}
    )
    assert (found.id, found.driver, found.internal, found.labels) == ("9", "bridge", True, {"a": "b"})
    assert (found.subnets, found.gateways, found.options) == (["10.4.1.0/24"], ["10.4.1.1"], {"mtu": "1400"})
    foreign = network_info({"CNI": {"name": "podman", "plugins": []}, "NerdctlID": None, "NerdctlLabels": None})
    assert (foreign.id, foreign.driver, foreign.labels) == ("podman", "", {})
    assert volume_info({"Name": "v", "Mountpoint": "/m", "Labels": None}).labels == {}
    for read in (network_info, volume_info):
        with pytest.raises(BackendError):
            read({})


def test_labels_of_others() -> None:
    assert own_labels({"nerdctl/x": "1", "containerd.io/restart.policy": "always", "perry.engine.image": "2", "mine": "3"}) == {
        "mine": "3"
    }


@pytest.mark.parametrize(
    ("label", "nothing"),
    [
        ('{"driver":"","address":""}', True),
        ('{"driver":"json-file","address":""}', False),
        ("odd", False),
        ("[]", False),
        (None, False),
    ],
)
def test_a_container_whose_output_is_kept_nowhere(label: str | None, nothing: bool) -> None:
    labels = {} if label is None else {"nerdctl/log-config": label}
    assert keeps_no_log({"Config": {"Labels": labels}}) is nothing


def test_sizes() -> None:
    assert [size(text) for text in ("0B", "624KiB", "8EiB", " 1.5MB ", "586 B")] == [0, 638976, 2**63, 1500000, 586]
    with pytest.raises(ValueError, match="no size"):
        size("much")


def test_whose_namespaces_a_container_is_in() -> None:
    """Of processes nerdctl tells an id alone, of shared memory nothing but in a label."""
    told = document()
    told["HostConfig"] = {"NetworkMode": "container:ab", "PidMode": "cd", "IpcMode": "container"}
    told["Config"]["Labels"] |= {"nerdctl/pid-container": "cd", "nerdctl/ipc": '{"mode": "container", "victimContainerId": "ef"}'}
    assert container_info(told).joined == {"network": "ab", "pid": "cd", "ipc": "ef"}
    told["Config"]["Labels"] |= {"nerdctl/pid-container": "", "nerdctl/ipc": '{"mode": "private"}'}
    assert container_info(told).joined == {"network": "ab"}
    told["Config"]["Labels"]["perry.engine.network"] = "01"  # It was asked for by one that is itself in the network of the first.
    assert container_info(told).joined == {"network": "01"} and container_info(told).labels == {"a": "1=2, 3"}
