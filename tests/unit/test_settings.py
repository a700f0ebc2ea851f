"""What the environment says, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.settings import Settings


def test_servers_by_the_variable_that_names_them() -> None:
    environ = {"DOCKER_HOST": "unix:///d", "DOCKER_CONTEXT": "c", "CONTAINER_HOST": "", "CONTAINER_CONNECTION": "default"}
    found = Settings.from_environ(environ)
    assert found.servers == {"DOCKER_HOST": "unix:///d", "DOCKER_CONTEXT": "c", "CONTAINER_CONNECTION": "default"}
    found = Settings.from_environ({"DOCKER_CONTEXT": "default"})
    assert found.servers == {} and found.docker_context == "default"


def test_where_files_are() -> None:
    found = Settings.from_environ({"HOME": "/h"})
    assert (found.docker_config, found.docker_cert_path, found.config_home) == (
        Path("/h/.docker"),
        Path("/h/.docker"),
        Path("/h/.config"),
    )
    found = Settings.from_environ({"HOME": "/h", "DOCKER_CONFIG": "/c", "XDG_CONFIG_HOME": "/x", "DOCKER_CERT_PATH": "/p"})
    assert (found.docker_config, found.docker_cert_path, found.config_home) == (Path("/c"), Path("/p"), Path("/x"))
    assert Settings.from_environ({"DOCKER_CONFIG": "/c"}).docker_cert_path == Path("/c")


def test_tls() -> None:
    for environ, expected in (
        ({}, (False, False)), ({"DOCKER_TLS": "1"}, (True, False)), ({"DOCKER_TLS_VERIFY": "0"}, (True, True)),
        ({"DOCKER_TLS": "", "DOCKER_TLS_VERIFY": ""}, (False, False)),
    ):  # fmt: skip
        found = Settings.from_environ(environ)
        assert (found.docker_tls, found.docker_tls_verify) == expected, environ


def test_words_that_are_known_and_not() -> None:
    for mode in ("", "server-first", "local-first"):
        assert Settings.from_environ({"PERRY_CONTAINER_MODE": mode}).mode == mode
    assert Settings.from_environ({"PERRY_CONTAINER_HOST_PATHS": "engine"}).engine_paths
    assert not Settings.from_environ({"PERRY_CONTAINER_HOST_PATHS": ""}).engine_paths
    for name in ("PERRY_CONTAINER_MODE", "PERRY_CONTAINER_HOST_PATHS"):
        with pytest.raises(ValidationError) as caught:
            Settings.from_environ({name: "no-word"})
        assert name in caught.value.message and caught.value.details["path"] == name and caught.value.details["expected"]


def test_proxies_and_authorities() -> None:
    found = Settings.from_environ(
        {"HTTPS_PROXY": "a", "https_proxy": "b", "http_proxy": "c", "NO_PROXY": "d", "SSL_CERT_DIR": "/x::/y"}
    )
    assert (found.https_proxy, found.http_proxy, found.no_proxy) == ("a", "c", "d")
    assert (found.ssl_cert_file, found.ssl_cert_dirs) == (None, (Path("/x"), Path("/y")))
    assert Settings.from_environ({"SSL_CERT_FILE": "/f"}).ssl_cert_file == Path("/f")
    # What a web server makes of a header of anybody's.
    assert Settings.from_environ({"HTTP_PROXY": "c", "REQUEST_METHOD": "GET"}).http_proxy == ""


def test_where_policies_and_evidence_are() -> None:
    plain = Settings.from_environ({"HOME": "/h"})
    assert plain.trust_policy is None and plain.signatures is None
    assert [str(path) for path in plain.trust_policies] == [
        "/h/.config/perry-container/trust.json", "/etc/perry-container/trust.json"
    ]  # fmt: skip
    assert str(plain.trust_cache) == "/h/.cache/perry-container/signatures"
    assert str(Settings.from_environ({"HOME": "/h", "XDG_CACHE_HOME": "/c"}).trust_cache) == "/c/perry-container/signatures"
    said = Settings.from_environ(
        {"PERRY_CONTAINER_TRUST_POLICY": "/p", "PERRY_CONTAINER_TRUST_CACHE": "off", "PERRY_CONTAINER_SIGNATURES": "/s"}
    )
    assert (str(said.trust_policy), said.trust_cache, str(said.signatures)) == ("/p", None, "/s")


def test_only_one_word_lets_untrusted_nodes_share_the_kernel() -> None:
    name = "PERRY_ALLOW_UNTRUSTED_SHARED_KERNEL"
    assert Settings.from_environ({name: "1"}).allow_shared_kernel
    for value in ("", "0", "true", "yes", "01", " 1", "1 "):
        assert not Settings.from_environ({name: value}).allow_shared_kernel
    assert not Settings.from_environ({}).allow_shared_kernel


def test_engines_of_nodes() -> None:
    found = Settings.from_environ({"PERRY_SWARM_NODES": "a=unix:///a.sock, b=ssh://u@b ,"})
    assert found.swarm_nodes == {"a": "unix:///a.sock", "b": "ssh://u@b"}
    assert Settings.from_environ({}).swarm_nodes == {}


@pytest.mark.parametrize("text", ["a", "=tcp://h:1", "a=", "a=host:1", "a=tcp://h:1,a=tcp://i:1"])
def test_engines_of_nodes_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.from_environ({"PERRY_SWARM_NODES": f"x=tcp://user:pa55@h:1,{text}"})
    assert caught.value.details["path"] == "PERRY_SWARM_NODES" and "pa55" not in str(caught.value.to_dict())
