from __future__ import annotations

from perry_ffi.abi.wit.sources import declares, doc_of, doc_of_member
from perry_ffi.model.capability import CapabilitySpec, CapabilityVerify
from perry_ffi.model.container import ContainerSpec, WaitOptions
from perry_ffi.model.container_info import ContainerInfo
from perry_ffi.model.stack import StackLogOptions, UpOptions
from perry_ffi.model.stack_status import Dependency, StackStatus
from perry_ffi.model.verify import VerifyDemand
from perry_ffi.model.workload import PolicySpec, RunGraphOptions, WorkloadNode
from perry_ffi.model.workload_status import GraphPlan, GraphStatus, NodeDetails, NodeIsolation


def test_what_is_said_of_a_class() -> None:
    assert doc_of(ContainerSpec).splitlines()[0] == "One container to run or create. Only `image` is required."
    assert doc_of(StackStatus) == "A project, service by service."
    assert doc_of(Dependency) == "That a service depends on another one, and on which condition."


def test_what_is_said_of_a_member() -> None:
    assert doc_of_member(ContainerSpec, "workdir") == ""
    assert doc_of_member(ContainerInfo, "created") == "ISO 8601, UTC."
    assert doc_of_member(WorkloadNode, "read_only") == "The root file system is mounted read-only."


def test_what_a_class_says_of_its_members_is_theirs() -> None:
    """By their names or those in JSON, alone or together; what it says of others stays."""
    assert doc_of(RunGraphOptions) == "How a graph is run."
    assert doc_of_member(RunGraphOptions, "stop_running") == "haltGraph ends the jobs that run."
    assert doc_of_member(NodeDetails, "startedAt") == doc_of_member(NodeDetails, "finishedAt") == "Seconds since 1970."
    assert doc_of_member(PolicySpec, "egress").startswith("false for ")
    assert doc_of_member(StackLogOptions, "tail").startswith("Last lines")
    assert doc_of(CapabilitySpec).endswith("Not members: privileged, devices, cap_add, ports, host namespaces, writable mounts.")


def test_a_text_after_a_member_and_one_of_the_class() -> None:
    text = "Seconds, or a duration such as `1m30s`. Until the wait is given up; absent to wait without bound."
    assert doc_of_member(WaitOptions, "timeout") == text


def test_python_is_not_spoken() -> None:
    assert doc_of_member(UpOptions, "start").startswith("false: ")
    assert "None" not in doc_of(NodeIsolation) + doc_of_member(NodeIsolation, "runtime")


def test_who_declares_a_member() -> None:
    assert declares(CapabilityVerify, "keys") is VerifyDemand
    assert declares(WorkloadNode, "image") is WorkloadNode
    assert declares(WorkloadNode, "labels") is ContainerSpec
    assert declares(GraphPlan, "healthy") is GraphStatus
    assert declares(GraphPlan, "levels") is GraphPlan
