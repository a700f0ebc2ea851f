from __future__ import annotations

from perry_ffi.doctor.facts import Configuration
from perry_ffi.doctor.symptoms import configuration
from tests.support.doctoring import LINUX, MAC, at, facts, only


def test_a_file_that_cannot_be_read() -> None:
    told = facts(configuration=Configuration(problem="/home/ann/.docker/config.json is not JSON"))
    found = only(configuration.broken_file(told))
    assert found.weight == "warning" and found.evidence.endswith("config.json is not JSON")
    assert not list(configuration.broken_file(facts()))


def test_a_context_that_is_not_there() -> None:
    problem = "docker has no context 'gone': /x/meta.json does not exist"
    told = Configuration(context="gone", context_by="currentContext", context_problem=problem)
    found = only(configuration.context_names_nothing(facts(programs="docker", configuration=told)))
    assert found.remedy.text == "docker context use default" and "currentContext names docker's context 'gone'" in found.evidence
    assert "remove currentContext" in only(configuration.context_names_nothing(facts(configuration=told))).remedy.text
    told = Configuration(context="gone", context_by="DOCKER_CONTEXT", context_problem=problem)
    found = only(configuration.context_names_nothing(facts(programs="docker", configuration=told)))
    assert found.remedy.text == "unset DOCKER_CONTEXT, or name another context"


def test_a_context_that_leads_to_a_product_that_does_not_run() -> None:
    socket = at("missing", "/Users/ann/.colima/default/docker.sock", named_by="context 'colima'")
    found = only(configuration.context_without_a_server(facts(MAC, socket, programs="colima docker")))
    assert found.remedy.text == "colima start" and found.state == "stopped"
    found = only(configuration.context_without_a_server(facts(MAC, socket, programs="docker")))
    assert found.remedy.text == "docker context use default"
    assert not list(configuration.context_without_a_server(facts(LINUX, at("missing"))))


def test_a_variable_that_names_a_socket_that_is_not_there() -> None:
    told = Configuration(servers={"DOCKER_HOST": "unix"})
    found = only(
        configuration.server_does_not_exist(facts(LINUX, at("missing", "/t/x.sock", named_by="DOCKER_HOST"), configuration=told))
    )
    assert found.evidence == "DOCKER_HOST names /t/x.sock, which does not exist"
    assert not list(configuration.server_does_not_exist(facts(LINUX, at("missing"), configuration=told)))


def test_tls_without_its_files() -> None:
    told = facts(configuration=Configuration(tls_missing=("/home/ann/.docker/ca.pem", "/home/ann/.docker/key.pem")))
    assert only(configuration.no_files_for_tls(told)).evidence.endswith(
        "there is no /home/ann/.docker/ca.pem, no /home/ann/.docker/key.pem"
    )
    assert not list(configuration.no_files_for_tls(facts()))


def test_ssh_that_is_not_installed() -> None:
    told = Configuration(servers={"CONTAINER_HOST": "ssh"})
    found = only(configuration.no_ssh(facts(LINUX, configuration=told, programs="apt-get sudo")))
    assert (found.runtime, found.remedy.text) == ("podman", "sudo apt-get install -y openssh-client")
    assert not list(configuration.no_ssh(facts(LINUX, configuration=told, programs="ssh")))
