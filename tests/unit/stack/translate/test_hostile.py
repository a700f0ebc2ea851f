"""Hostile text stays what it is: a value arrives as it was written, or the project is refused."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.requests.service import service_payload
from perry_ffi.errors import ContainerError
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.files import file_mounts
from perry_ffi.stack.translate.hooks import hooks

hostile = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["-v", "--privileged", "../../etc", "a\nb", "a\0b", "$(x)", "`x`", "a=b", "a:b", "", " ", "\ud800", "é"]),
)


def translated(service: dict[str, Any], key: str = "web", **others: Any) -> Any:
    project = {"name": "demo", "networks": {"default": None}, "services": {key: {"image": "bb", **service}}, **others}
    try:
        return service_spec(project, key, 1, image="bb", labels={})
    except ContainerError as error:
        error.to_dict()
        return None


@given(words=st.lists(hostile, min_size=1, max_size=4), flavour=st.sampled_from(["docker", "podman"]))
def test_commands_and_variables(words: list[str], flavour: Any) -> None:
    service = {"command": words, "entrypoint": words, "environment": {f"V{n}": word for n, word in enumerate(words)}}
    if (spec := translated(service)) is None:
        assert any("\0" in word or "\ud800" in word for word in words)
        return
    body = service_payload(spec, flavour).payload.body
    assert body["Cmd"] == words and body["Entrypoint"] == words
    assert body.get("Env", []) == [f"V{n}={word}" for n, word in enumerate(words)]


@given(key=hostile, value=hostile)
def test_labels(key: str, value: str) -> None:
    if (spec := translated({"labels": {key: value}})) is not None:
        assert service_payload(spec, "docker").payload.body["Labels"] == {key: value}


@given(name=hostile)
@settings(max_examples=200)
def test_names_are_names(name: str) -> None:
    """Of services, containers, networks and volumes: what is not one is refused, nothing is bent to fit."""
    for spec in (
        translated({}, key=name),
        translated({"container_name": name}),
        translated({"volumes": [{"type": "volume", "source": "v", "target": "/d"}]}, volumes={"v": {"name": name}}),
        translated({"network_mode": f"container:{name}"}),
        translated({"volumes_from": [f"container:{name}"]}),
    ):
        if spec is None:
            continue
        payload = service_payload(spec, "docker").payload
        body = payload.body
        names = [payload.name, body["HostConfig"]["NetworkMode"].removeprefix("container:")]
        names += [bind.split(":")[0] for bind in body["HostConfig"].get("Binds", [])]
        names += [entry.split(":")[0] for entry in body["HostConfig"].get("VolumesFrom", [])]
        for found in names:
            assert found[0].isalnum() and all(c.isascii() and (c.isalnum() or c in "_.-") for c in found)


@given(name=hostile)
def test_a_network_is_the_one_that_is_named_and_no_container_s(name: str) -> None:
    if (spec := translated({"networks": {"n": None}}, networks={"n": {"name": name}})) is not None:
        body = service_payload(spec, "docker").payload.body
        assert list(body["NetworkingConfig"]["EndpointsConfig"]) == [body["HostConfig"]["NetworkMode"]] == [name or "demo_n"]
        assert not name.startswith("container:")


@given(source=hostile, target=hostile)
def test_mounts_have_the_parts_that_were_written(source: str, target: str) -> None:
    mount = {"type": "bind", "source": "/" + source, "target": "/" + target, "bind": {"create_host_path": True}}
    if (spec := translated({"volumes": [mount]})) is not None:
        assert service_payload(spec, "docker").payload.body["HostConfig"]["Binds"] == [f"/{source}:/{target}"]
        assert ":" not in source + target and ".." not in target.split("/")


tree = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | hostile,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile, inner, max_size=3),
    max_leaves=8,
)
MEMBERS = (  # noqa: SIM905
    "command entrypoint user group_add working_dir environment labels restart healthcheck deploy cpus ulimits devices gpus "
    "ports expose networks network_mode links external_links volumes volumes_from tmpfs configs secrets logging "
    "blkio_config security_opt dns extra_hosts pid ipc storage_opt sysctls annotations credential_spec container_name"
).split()


@given(member=st.sampled_from(MEMBERS), value=tree)
@settings(max_examples=400)
def test_any_document_is_translated_or_refused(member: str, value: Any) -> None:
    """Never a failure of another kind than the error family."""
    project = {"name": "demo", "networks": {"default": None}, "services": {"web": {"image": "bb", member: value}}}
    try:
        service_spec(project, "web", 1, image="bb", labels={})
        file_mounts(project, "web")
        hooks(project, "web")
    except ContainerError as error:
        error.to_dict()
