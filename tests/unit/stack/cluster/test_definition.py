from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.contract.service_definition import FileUse
from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.stack.cluster.definition import Relations, notes
from perry_ffi.stack.options import Up
from tests.unit.stack.cluster.definitions import definition, definition_of, loaded, wanted


def test_a_service_by_its_name_and_labels() -> None:
    found = definition({"labels": {"task": "1"}, "deploy": {"labels": {"team": "shop", "perry.compose.project": "forged"}}})
    assert found.name == "p_a"
    assert found.labels == {"team": "shop", "perry.compose.project": "p"}
    assert found.container.labels == {"task": "1", "perry.compose.config-hash": "h"}


def test_labels_of_identity_win_in_tasks_too() -> None:
    assert definition({"labels": {"perry.compose.config-hash": "forged"}}).container.labels == {"perry.compose.config-hash": "h"}


def test_configs_and_secrets_by_their_ids() -> None:
    found = definition_of(
        loaded(
            {"configs": [{"source": "c", "target": "/etc/c", "uid": "3", "mode": 0o400}], "secrets": ["s"]},
            {"S": "hunter2"}, configs={"c": {"content": "x"}}, secrets={"s": {"environment": "S"}},
        )
    )  # fmt: skip
    (config,), (secret,) = found.configs, found.secrets
    assert config == FileUse(f"id-of-{config.name}", config.name, "/etc/c", 3, 0, 0o400)
    assert secret == FileUse(f"id-of-{secret.name}", secret.name, "/run/secrets/s", 0, 0, 0o444)


def test_nothing_that_may_be_a_secret_is_in_its_repr() -> None:
    found = definition_of(
        loaded({"secrets": ["s"], "environment": {"PASSWORD": "hunter2"}}, {"S": "hunter3"}, secrets={"s": {"environment": "S"}})
    )
    assert "hunter" not in repr(found)
    assert found.container.env == {"PASSWORD": "hunter2"}


REFUSED = [
    ({"volumes_from": ["b"]}, "volumes_from"),
    ({"pid": "service:b"}, "pid"),
    ({"uts": "host"}, "uts"),
    ({"external_links": ["db:d"]}, "external_links"),
    ({"networks": {"default": {"ipv4_address": "10.0.0.5"}}}, "networks.default.ipv4_address"),
    ({"networks": {"default": {"ipv6_address": "fd00::5"}}}, "networks.default.ipv4_address"),
    ({"networks": {"default": {"mac_address": "02:00:00:00:00:01"}}}, "networks.default.mac_address"),
    ({"mac_address": "02:00:00:00:00:01"}, "networks.default.mac_address"),
    ({"networks": {"default": {"link_local_ips": ["169.254.1.1"]}}}, "networks.default.link_local_ips"),
    ({"use_api_socket": True}, "use_api_socket"),
    ({"post_start": [{"command": "x"}]}, "post_start"),
    ({"pre_stop": [{"command": "x"}]}, "pre_stop"),
    ({"pre_start": [{"command": "x"}]}, "pre_start"),
    ({"tmpfs": ["/t:exec"]}, "tmpfs[0].exec"),
    ({"tmpfs": ["/t:uid=5"]}, "tmpfs[0].uid"),
]


@pytest.mark.parametrize(("service", "member"), REFUSED, ids=lambda item: str(item)[:50])
def test_what_no_definition_can_say_is_refused_by_name(service: dict[str, Any], member: str) -> None:
    project = loaded(service, services={"b": {"image": "app"}})
    with pytest.raises(Unsupported) as caught:
        definition_of(project)
    assert caught.value.details["path"] == f"services.a.{member}"
    assert caught.value.details["reason"]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({}, []),
        ({"restart": "always"}, []),
        ({"restart": "no"}, ["services.a.restart"]),
        ({"restart": "no", "deploy": {"restart_policy": {"condition": "any"}}}, []),
        ({"deploy": {"mode": "replicated-job"}}, ["services.a.deploy.mode"]),
        ({"ports": [{"target": 80, "published": "80", "mode": "host"}]}, []),
        ({"ports": [{"target": 80, "published": "80", "mode": "host"}], "deploy": {"update_config": {"order": "start-first"}}},
         ["services.a.ports"]),
        ({"deploy": {"update_config": {"order": "start-first"}, "placement": {"max_replicas_per_node": 1}}},
         ["services.a.deploy.placement.max_replicas_per_node"]),
        ({"deploy": {"placement": {"max_replicas_per_node": 1}}}, []),
    ],
)  # fmt: skip
def test_what_a_plan_says_of_it(service: dict[str, Any], expected: list[str]) -> None:
    project = loaded(service)
    assert [note.partition(": ")[0] for note in notes(project.to_dict(), wanted(project))] == expected


def test_what_services_say_of_each_other_is_read_once() -> None:
    project = loaded(
        {},
        services={"b": {"image": "app", "links": ["a:db"], "depends_on": {"a": {"condition": "service_completed_successfully"}}}},
    )
    found = Relations.of(project.to_dict())
    assert found.waited_for == {"a"}
    assert found.linked == {("a", "default"): ("db",)}


def test_a_scale_is_what_was_asked_for() -> None:
    assert definition_of(loaded({"deploy": {"replicas": 2}}), options=Up(scale={"a": 0})).replicas == 0


def test_a_service_that_is_not_there() -> None:
    project = loaded({})
    with pytest.raises(ContainerError):
        notes({**project.to_dict(), "services": {}}, wanted(project))
