"""What a swarm's refusals mean. The words are those of docker 20.10."""

from __future__ import annotations

import json

import pytest

from perry_ffi.backends.contract.services import is_uncertain
from perry_ffi.backends.engine_api.swarm.refusals import cluster_refusal, mark_uncertain, unsettled
from perry_ffi.errors import BackendError, BackendNotAvailable, Conflict, ContainerError, Timeout, Unsupported, ValidationError
from tests.unit.backends.engine_api.swarm.recorded import SAID

MEANS: dict[str, tuple[type[ContainerError], str | None]] = {
    "secret dup": (Conflict, None), "dup": (Conflict, None), "secret in use": (Conflict, None), "net in use": (Conflict, None),
    "stale": (Conflict, None), "mode": (Unsupported, "deploy.mode"), "name": (ValidationError, "name"),
    "nolabel": (ValidationError, "name"), "noimage": (ValidationError, "image"), "ingressdns": (ValidationError, "ports"),
    "tmpl": (ValidationError, "environment"), "constraint": (ValidationError, "placement.constraints"),
    "jobupdate": (ValidationError, "update"), "mem": (ValidationError, "memory"), "secretmissing": (ValidationError, "secrets"),
    "order": (ValidationError, "update"), "dupport": (ValidationError, "ports"), "dupmount": (ValidationError, "volumes"),
    "dupsecret": (ValidationError, "secrets"),
}  # fmt: skip


def refused(status: int, words: str) -> ContainerError | None:
    body = json.dumps({"message": words}).encode()
    return cluster_refusal(status, body, doing="do", backend="swarm", managers=("10.0.0.1:2377",), subject="s")


@pytest.mark.parametrize("name", MEANS)
def test_what_was_recorded(name: str) -> None:
    status, words = SAID["refusals"][name]
    error = refused(status, words)
    assert error is not None and (type(error), error.details.get("member")) == MEANS[name], error
    assert not is_uncertain(mark_uncertain(error)), "a refusal is certain"
    assert "rpc error" not in error.message and error.details["status"] == status


def test_a_port_that_another_service_has() -> None:
    words = "rpc error: code = InvalidArgument desc = port '8080' is already in use by service 'a' (b) as an ingress port"
    assert isinstance(refused(400, words), Conflict)


def test_the_value_of_a_variable_is_in_no_error() -> None:
    words = (
        'rpc error: code = InvalidArgument desc = expanding env failed: expanding env "KEY=s3cret{{.X}}": template: expansion:1'
    )
    error = refused(400, words)
    assert error is not None and "s3cret" not in json.dumps(error.to_dict())


@pytest.mark.parametrize(
    "words",
    [
        "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.",
        'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
        "This node is not part of a swarm",
    ],
)
def test_a_node_that_does_not_manage_says_where_managers_are(words: str) -> None:
    error = refused(503, words)
    assert isinstance(error, BackendNotAvailable) and "10.0.0.1:2377" in error.details["remedy"]
    assert not is_uncertain(mark_uncertain(error))


def test_a_swarm_that_is_locked_or_has_no_quorum() -> None:
    locked = refused(503, 'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock"')
    assert isinstance(locked, BackendNotAvailable) and "docker swarm unlock" in locked.details["remedy"]
    words = "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online."
    assert isinstance(refused(500, words), BackendNotAvailable)


@pytest.mark.parametrize(
    "words",
    [
        "rpc error: code = Unknown desc = node lost leader status",
        "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        "context deadline exceeded",
        "rpc error: code = Unavailable desc = transport is closing",
    ],
)
def test_what_nobody_knows(words: str) -> None:
    error = refused(500, words)
    assert isinstance(error, BackendError) and is_uncertain(mark_uncertain(error))


def test_an_answer_that_was_lost() -> None:
    assert is_uncertain(mark_uncertain(BackendError("do: the connection was closed", backend="swarm")))
    assert is_uncertain(mark_uncertain(Timeout("do: silent", seconds=1)))
    assert is_uncertain(mark_uncertain(BackendError("do: not JSON", status=201)))
    assert not is_uncertain(mark_uncertain(BackendNotAvailable("do: refused")))
    assert not is_uncertain(mark_uncertain(BackendError("do: no", status=500, output="boom")))


def test_what_reads_tells_that_it_may_be_otherwise_soon() -> None:
    broken = unsettled(BackendError("list: the engine closed the connection", reason="the engine closed the connection"))
    assert isinstance(broken, BackendNotAvailable) and broken.details["remedy"]
    slow = unsettled(BackendError("list: no", status=500, output="context deadline exceeded"))
    assert isinstance(slow, BackendNotAvailable) and "more than half" in slow.details["remedy"]
    for error in (BackendError("list: no", status=500, output="boom"), Timeout("list: silent"), Conflict("list: no")):
        assert unsettled(error) is error


def test_what_any_engine_says_is_left_to_the_table_of_all() -> None:
    assert refused(404, "service nope not found") is None and refused(500, "boom") is None
