from __future__ import annotations

from perry_ffi.abi.wit.sources import declares, doc_of, doc_of_member
from perry_ffi.model.capability import CapabilityVerify
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.container_info import ContainerInfo
from perry_ffi.model.stack_status import Dependency, StackStatus
from perry_ffi.model.verify import VerifyDemand
from perry_ffi.model.workload import WorkloadNode
from perry_ffi.model.workload_status import GraphPlan, GraphStatus


def test_what_is_said_of_a_class() -> None:
    assert doc_of(ContainerSpec).splitlines()[0] == "One container to run or create. Only `image` is required."
    assert doc_of(StackStatus) == "A project, service by service."
    assert doc_of(Dependency) == "That a service depends on another one, and on which condition."


def test_what_is_said_of_a_member() -> None:
    assert doc_of_member(ContainerSpec, "workdir") == ""
    assert doc_of_member(ContainerInfo, "created") == "ISO 8601, UTC."
    assert doc_of_member(WorkloadNode, "read_only") == "The root file system is mounted read-only."


def test_python_is_not_spoken() -> None:
    from perry_ffi.model.stack import ImagesOptions, UpOptions

    assert doc_of_member(UpOptions, "start").startswith("false: ")
    assert "None" not in doc_of(ImagesOptions)


def test_who_declares_a_member() -> None:
    assert declares(CapabilityVerify, "keys") is VerifyDemand
    assert declares(WorkloadNode, "image") is WorkloadNode
    assert declares(WorkloadNode, "labels") is ContainerSpec
    assert declares(GraphPlan, "healthy") is GraphStatus
    assert declares(GraphPlan, "levels") is GraphPlan
