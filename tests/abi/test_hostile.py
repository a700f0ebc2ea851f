"""What a host may pass by mistake or malice: every row, no engine behind it. Each is a coded rejection, nothing is left."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.types import Kind, Operation, Param, Returns
from perry_ffi.errors import KINDS
from tests.support.driver import AT_ONCE, FULFILLED, REJECTED, Argument, Driver, Raw
from tests.support.library import Host

pytestmark = pytest.mark.abi

MAX = 64 << 20
KIND_OF_CODE = {(kind.code, kind.kind) for kind in KINDS}
PROMISES = [op for op in OPERATIONS if op.returns is Returns.PROMISE]
DOCUMENTS = [(op, i) for op in PROMISES for i, param in enumerate(op.params) if param.kind is Kind.JSON]
TEXTS = [(op, i) for op in PROMISES for i, param in enumerate(op.params) if param.kind is Kind.STR]


@pytest.fixture(scope="module")
def driver(host: Host) -> Iterator[Driver]:
    """One host for all of it: what came before must not matter. No program can be found, so no engine is started."""
    with Driver(host, PATH="/nonexistent") as running:
        yield running
        running.assert_nothing_left()


def name_of(value: Any) -> str:
    return value.symbol if isinstance(value, Operation) else str(value)


def takes_handle(op: Operation) -> bool:
    return any(param.kind is Kind.I64 and param.name in ("stack", "graph", "stream") for param in op.params)


def plausible(param: Param) -> Argument:
    """An argument that is no reason for a rejection."""
    if param.kind is Kind.I64:
        return 1
    if param.kind is Kind.STR:
        return "x"
    return REQUIRED.get(param.model)


# Documents that must be there; all others may be absent.
REQUIRED = {
    "string[]": b'["true"]',
    "ContainerSpec": b'{"image": "busybox"}',
    "ContainerSpec|ComposeSpec": b'{"image": "busybox"}',
    "{service: n}": b"{}",
    "BuildSpec": b'{"context": "/nonexistent"}',
    "ComposeSpec": b'{"services": {"web": {"image": "busybox"}}}',
    "WorkloadGraph": b'{"name": "g", "nodes": {"web": {"image": "busybox"}}}',
}


def with_argument(op: Operation, index: int, argument: Argument) -> list[Argument]:
    return [argument if i == index else plausible(param) for i, param in enumerate(op.params)]


def checked(driver: Driver, op: Operation, arguments: list[Argument]) -> tuple[int, Any]:
    """(code or 0, what it settled with): a well-formed rejection, or a value."""
    state, text = driver.call(op.symbol, *arguments)
    assert state in (FULFILLED, REJECTED)
    value = json.loads(text)
    if state == FULFILLED:
        if op.settles == "i64":  # without an engine only a stream of the library's own can have been opened
            assert driver.value("js_container_streamClose", value) is None
        return 0, value
    assert (value["code"], value["kind"]) in KIND_OF_CODE, value
    assert value["kind"] != "InternalError", value
    assert isinstance(value["message"], str) and 0 < len(value["message"]) < 5000, value
    return value["code"], value


def refused(driver: Driver, op: Operation, index: int, argument: Argument) -> dict[str, Any]:
    """The rejection of one bad argument among plausible ones: 400, unless the handle before it is refused first."""
    code, error = checked(driver, op, with_argument(op, index, argument))
    assert code in ((400, 404) if takes_handle(op) else (400,)) or (code == 501 and not op.ready), error
    return error


# -- nothing, and too much ------------------------------------------------------------------------


@pytest.mark.parametrize("op", OPERATIONS, ids=name_of)
def test_null_everywhere(driver: Driver, op: Operation) -> None:
    nothing: list[Argument] = [0 if param.kind is Kind.I64 else None for param in op.params]
    if op.returns is Returns.PROMISE:
        code, _ = checked(driver, op, nothing)
        assert code in (0, 400, 404, 501, 503)
    else:
        state, text = driver.call(op.symbol, *nothing)
        assert state == (AT_ONCE if op.returns is Returns.STRING else 0)
        assert op.name != "graph" or json.loads(text) == {"name": None}


@pytest.mark.parametrize(("op", "index"), TEXTS + DOCUMENTS, ids=name_of)
def test_lengths_that_cannot_be(driver: Driver, op: Operation, index: int) -> None:
    """Refused before a byte is read: the block behind these headers is shorter than they say."""
    for raw in (Raw(b"ab", byte_len=3, capacity=2), Raw(b"", byte_len=MAX, capacity=8), Raw(b"", byte_len=MAX + 1),
                Raw(b"", byte_len=2**32 - 1), Raw(b"", byte_len=2**32 - 1, capacity=2**32 - 2)):  # fmt: skip
        error = driver.rejection(op.symbol, *with_argument(op, index, raw))
        assert error["code"] == 400
        assert op.params[index].name in error["message"]


@pytest.mark.parametrize(("op", "index"), TEXTS, ids=name_of)
def test_texts_that_are_none(driver: Driver, op: Operation, index: int) -> None:
    for raw in (b"\xff\xfe", b"ab\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"):
        error = refused(driver, op, index, raw)
        assert error["code"] != 400 or "UTF-8" in error["message"]
    for raw in (b"a\0b", b"\0"):
        error = refused(driver, op, index, raw)
        assert error["code"] != 400 or "NUL" in error["message"]


BAD_DOCUMENTS = {
    "truncated": b'{"image": "busy',
    "only a brace": b"{",
    "two documents": b"{} {}",
    "words": b"no json at all",
    "not UTF-8": b'{"image": "\xff"}',
    "NUL": b'{"image": "a"}\0',
    "a lone NUL": b"\0",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"image": "a"}'.encode("utf-16"),
    "deep lists": b"[" * 100_000,
    "deep closed lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "a number too many": b"9" * 100_000,
    "an exponent too many": b"1e99999999",
    "true": b"true",
    "a text": b'"text"',
    "a list of numbers": b"[1, 2]",
    "a list of lists": b"[[]]",
    "an unknown member": b'{"there is no such member": 1}',
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
@pytest.mark.parametrize(("op", "index"), DOCUMENTS, ids=name_of)
def test_documents_that_are_none(driver: Driver, op: Operation, index: int, name: str) -> None:
    if name == "an unknown member" and op.params[index].model in FREE_KEYS:
        return
    error = refused(driver, op, index, BAD_DOCUMENTS[name])
    assert len(json.dumps(error)) < 20_000


# The members of these are names that the host makes up.
FREE_KEYS = {"{service: n}"}


@pytest.mark.parametrize("handle", [0, -1, 1, 4711, 2**31, 2**53, 2**63 - 1, -(2**63)])
@pytest.mark.parametrize("op", [op for op in PROMISES if takes_handle(op)], ids=name_of)
def test_handles_that_are_none(driver: Driver, op: Operation, handle: int) -> None:
    error = driver.rejection(op.symbol, handle, *(plausible(param) for param in op.params[1:]))
    assert error["code"] == 404 if op.ready else error["code"] in (404, 501), error


# -- long ones ------------------------------------------------------------------------------------


def test_the_longest_text(driver: Driver) -> None:
    error = driver.rejection("js_container_inspect", b"\xff" * MAX)
    assert error["code"] == 400
    error = driver.rejection("js_container_inspect", b"x" * MAX)
    assert error["code"] in (400, 503)
    assert len(json.dumps(error)) < 20_000
    driver.assert_nothing_left()


def test_the_longest_document(driver: Driver) -> None:
    for document in (b" " * MAX, b'{"image":"' + b"x" * (MAX - 12) + b'"}', b"[" * MAX, b'"' * MAX, b"1" * MAX):
        error = driver.rejection("js_container_run", document)
        assert error["code"] in (400, 503)
        assert len(json.dumps(error)) < 20_000
    driver.assert_nothing_left()


def test_the_longest_workload(driver: Driver) -> None:
    """Composed in C: a document that is none is carried as text, to be refused where it is used."""
    state, text = driver.call("js_workload_graph", b"n", b"x" * 1_000_000)
    assert state == AT_ONCE
    assert json.loads(text) == {"unreadable": "x" * 1_000_000, "name": "n"}


@pytest.mark.parametrize("symbol", ["js_workload_graph", "js_workload_node"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(name=st.text(), members=st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.booleans())))
def test_workloads_are_composed(driver: Driver, symbol: str, name: str, members: dict[str, Any]) -> None:
    """What a host gives arrives whole, with its name."""
    state, text = driver.call(symbol, name.encode("utf-8", "replace"), json.dumps(members))
    assert state == AT_ONCE
    shown = json.loads(text)
    expected = {**members, "name": name.encode("utf-8", "replace").decode() or None}
    assert shown == expected


def test_a_graph_of_many_nodes(driver: Driver) -> None:
    """In a ring, in a chain, and beside each other: checked in bounded time, and no recursion is too deep."""
    size = 5000
    nodes = {f"n{i}": {"image": "busybox", "depends_on": [f"n{(i + 1) % size}"]} for i in range(size)}
    ring = json.dumps({"name": "g", "nodes": nodes})
    assert len(driver.rejection("js_workload_inspectGraph", ring)["cycle"]) >= size
    nodes["n0"]["depends_on"] = []
    chain = driver.value("js_workload_inspectGraph", json.dumps({"name": "g", "nodes": nodes}))
    assert len(chain["levels"]) == size and chain["errors"]
    assert driver.rejection("js_workload_runGraph", json.dumps({"name": "g", "nodes": nodes}), None)["code"] == 503


# -- anything -------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    ["image", "name", "cmd", "env", "ports", "volumes", "labels", "network", "healthcheck", "services", "build",
     "timeout", "context", "dockerfile", "files", "memory", "cpus", "restart", "ulimits", "tail", "driver", "options",
     "nodes", "edges", "kind", "depends_on", "policy", "runtime", "retry", "ready", "outputs", "nodeId", "projection", "port"]
)  # fmt: skip
SPECS = st.dictionaries(MEMBERS, JSON, max_size=5)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(row=st.sampled_from(DOCUMENTS), data=st.binary(max_size=200))
def test_any_bytes_for_a_document(driver: Driver, row: tuple[Operation, int], data: bytes) -> None:
    checked(driver, row[0], with_argument(*row, data))


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(row=st.sampled_from(DOCUMENTS), value=JSON | SPECS)
def test_any_json_for_a_document(driver: Driver, row: tuple[Operation, int], value: Any) -> None:
    checked(driver, row[0], with_argument(*row, json.dumps(value).encode()))


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(row=st.sampled_from(PROMISES), data=st.data())
def test_any_arguments(driver: Driver, row: Operation, data: st.DataObject) -> None:
    """Every argument at once: texts, handles and documents as they come."""
    numbers = st.integers(-(2**63), 2**63 - 1)
    arguments = [data.draw(numbers if param.kind is Kind.I64 else st.none() | st.binary(max_size=60)) for param in row.params]
    checked(driver, row, arguments)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=40),
    byte_len=st.integers(0, 2**32 - 1),
    capacity=st.integers(0, 2**32 - 1),
)
def test_any_header(driver: Driver, data: bytes, byte_len: int, capacity: int) -> None:
    """A length within its capacity is the host's promise; any other is refused."""
    if byte_len <= MAX and (capacity == 0 or byte_len <= capacity):
        byte_len = min(byte_len, len(data))
    state, text = driver.call("js_container_inspect", Raw(data, byte_len, capacity))
    assert state == REJECTED
    assert json.loads(text)["code"] in (400, 503), struct.pack("<II", byte_len, capacity)
