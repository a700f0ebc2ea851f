from __future__ import annotations

import json

from perry_ffi.doctor.facts import Answer
from perry_ffi.doctor.space import free_bytes
from perry_ffi.doctor.symptoms.podman import KEY
from tests.support.doctoring import LINUX, at, facts, said

INFO = said(KEY, json.dumps({"store": {"graphRootAllocated": 1000, "graphRootUsed": 400}}))


def test_of_an_engine_on_a_socket() -> None:
    told = facts(LINUX, at("listening", answer=Answer(free=7)), said=(INFO,))
    assert (free_bytes(told, "docker"), free_bytes(told, "podman"), free_bytes(told, "nerdctl")) == (7, 600, None)


def test_a_socket_comes_before_a_program() -> None:
    assert free_bytes(facts(LINUX, at("listening", "/p.sock", "podman", answer=Answer(free=7)), said=(INFO,)), "podman") == 7
