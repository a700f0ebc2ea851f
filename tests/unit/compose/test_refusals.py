"""What is refused, where it stands, and what was expected; and that errors keep secrets."""

from __future__ import annotations

import pytest

from perry_ffi.compose import LoadOptions, load_document
from perry_ffi.errors import DependencyCycle, NotFound, ValidationError
from tests.unit.compose.support import load_files, load_text

SERVICE = [
    # members of service a, the path, the reason
    ("bogus: 1", "services.a.bogus", "not an attribute that Compose knows"),
    ("imag: y", "services.a.imag", r"expected image"),
    ("ports: 80", "services.a.ports", "a list"),
    ("ports: [{target: 80, bogus: 1}]", "services.a.ports[0].bogus", "not an attribute"),
    ('ports: ["80:x"]', "services.a.ports[0]", "'x' is not a port number"),
    ('ports: ["80-82:80-81"]', "services.a.ports[0]", "differ in length"),
    ('ports: ["82-80"]', "services.a.ports[0]", "runs backwards"),
    ('ports: ["80/foo"]', "services.a.ports[0]", "'foo' is not a protocol"),
    ('ports: ["127.1:80:80"]', "services.a.ports[0]", "not an IP address"),
    ("ports: [{target: 80, host_ip: x}]", "services.a.ports[0].host_ip", "not an IP address"),
    ('volumes: [":/x"]', "services.a.volumes[0]", "empty section"),
    ('volumes: ["/a:/b:ro:x"]', "services.a.volumes[0]", "too many colons"),
    ("volumes: [{type: bind, target: /x}]", "services.a.volumes[0]", "no source"),
    ("volumes: [{type: nope, target: /x}]", "services.a.volumes[0].type", "bind, volume, tmpfs"),
    ("environment: [1]", "services.a.environment[0]", "a string"),
    ('environment: ["A =1"]', "services.a.environment[0]", "ends in a blank"),
    ("scale: x", "services.a.scale", "an integer"),
    ("tty: maybe", "services.a.tty", "true or false"),
    ("mem_limit: 1zb", "services.a.mem_limit", "a size"),
    ("stop_grace_period: soon", "services.a.stop_grace_period", "a duration"),
    ("command: 'echo \"x'", "services.a.command", "a command line"),
    ("extra_hosts: [x]", "services.a.extra_hosts[0]", "no address"),
    ("healthcheck: {test: [x]}", "services.a.healthcheck.test", "CMD, CMD-SHELL or NONE"),
    ("networks: [nope]", "services.a.networks.nope", "no network 'nope'"),
    ('volumes: ["nope:/x"]', "services.a.volumes[0]", "no volume 'nope'"),
    ("secrets: [nope]", "services.a.secrets[0]", "no secret 'nope'"),
    ("configs: [nope]", "services.a.configs[0]", "no config 'nope'"),
    ("models: [nope]", "services.a.models.nope", "no model 'nope'"),
    ("build: {secrets: [nope]}", "services.a.build.secrets[0]", "no secret 'nope'"),
    ("depends_on: [nope]", "services.a.depends_on.nope", "no service 'nope'"),
    ("links: [nope]", "services.a.depends_on.nope", "no service 'nope'"),
    ("depends_on: [off]", "services.a.depends_on.off", "disabled .*profiles enabled: p"),
    ('network_mode: "service:nope"', "services.a.network_mode", "no service 'nope'"),
    ("network_mode: host, networks: [default]", "services.a", "exclude each other"),
    ("build: {dockerfile: D, dockerfile_inline: x}", "services.a.build", "exclude each other"),
    ("platform: linux/arm64, build: {platforms: [linux/amd64]}", "services.a.build.platforms", "linux/arm64"),
    (
        'build: {additional_contexts: {x: "service:nope"}}',
        "services.a.build.additional_contexts.x",
        "no service 'nope'",
    ),
    ('build: {additional_contexts: {x: "service:b"}}', "services.a.build.additional_contexts.x", "not built"),
    ("scale: 2, deploy: {replicas: 3}", "services.a", "differ"),
    ("scale: -1", "services.a.scale", "negative"),
    ("scale: 2, container_name: nn", "services.a.container_name", "several containers"),
    ("container_name: taken", "services.b.container_name", "also the name of service 'a'"),
    ("mem_limit: 1g, deploy: {resources: {limits: {memory: 2g}}}", "services.a.mem_limit", "differs from deploy"),
    ("develop: {watch: [{path: p, action: sync}]}", "services.a.develop.watch[0]", "no target"),
    ("tmpfs: /t, volumes: ['/x:/t']", "services.a.volumes[0]", "taken by"),
    ("gpus: [{count: 1, device_ids: ['0']}]", "services.a.gpus[0]", "exclude each other"),
    ("cap_add: A", "services.a.cap_add", "a list"),
    ("device_cgroup_rules: [a, a]", "services.a.device_cgroup_rules[1]", "twice"),
    ("oom_score_adj: 1001", "services.a.oom_score_adj", "-1000 to 1000"),
    ("cpu_percent: 101", "services.a.cpu_percent", "0 to 100"),
    ("pull_policy: sometimes", "services.a.pull_policy", "always, never"),
    ("container_name: '-'", "services.a.container_name", "letters"),
    ("hostname: '${X'", "services.a.hostname", "is not a variable"),
    ("hostname: '${X:?is needed}'", "services.a.hostname", "required variable X is missing a value: is needed"),
    ("blkio_config: {weight: 70000}", "services.a.blkio_config.weight", "0 to 65535"),
    ("cpus: 1e39", "services.a.cpus", "a number within range"),
    ("cpus: -1e308", "services.a.cpus", "a number within range"),
    ("configs: [{source: c, mode: rw}]", "services.a.configs[0].mode", "octal"),
]


@pytest.mark.parametrize(("members", "path", "reason"), SERVICE, ids=[f"{m[:50]}" for m, _, _ in SERVICE])
def test_a_service_is_refused_with_its_place(tmp_path, members, path, reason):
    text = (
        f"name: p\nservices:\n  a: {{image: x, {members}}}\n"
        "  b: {image: y, container_name: taken}\n  off: {image: z, profiles: [p]}\nconfigs: {c: {content: x}}\n"
    )
    with pytest.raises(ValidationError, match=reason) as caught:
        load_text(tmp_path, text)
    error = caught.value
    assert error.details["path"] == path
    assert error.details["file"] == str(tmp_path / "compose.yaml")
    assert error.details["line"] in (3, 4)
    assert error.message.startswith(f"{tmp_path}/compose.yaml:{error.details['line']}:{error.details['column']}: {path}: ")
    assert len(error.message) < 600


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("services: {a: {tty: true}}", "services.a", "neither an image nor a build"),
        ("services: {a: }", "services.a", "a mapping"),
        ("services: [a]", "services", "a mapping"),
        ("services: {'a b': {image: x}}", "services.a b", "not an allowed name"),
        ("bogus: 1", "bogus", "not an attribute"),
        ("secrets: {s: {}}", "secrets.s", "where its content comes from"),
        ("secrets: {s: {file: f, environment: E}}", "secrets.s", "exclude each other"),
        ("configs: {s: {file: f, content: c}}", "configs.s", "exclude each other"),
        ("volumes: {v: {external: true, driver: d}}", "volumes.v", "external and 'driver' conflict"),
        ("volumes: {v: {external: {name: a}, name: b}}", "volumes.v", "conflict"),
        ("models: {m: {}}", "models.m", "has no 'model'"),
        ("networks: {n: {ipam: {config: [{bogus: 1}]}}}", "networks.n.ipam.config[0].bogus", "not an attribute"),
        ("services: {a: {image: x, depends_on: {b: {}}}, b: {image: x}}", "services.a.depends_on.b", "has no 'condition'"),
    ],
)  # fmt: skip
def test_a_document_is_refused_with_its_place(tmp_path, text, path, reason):
    with pytest.raises(ValidationError, match=reason) as caught:
        load_text(tmp_path, text + "\n")
    assert caught.value.details["path"] == path


@pytest.mark.parametrize("text", ["", "# only a comment\n", "null\n", "- a\n", "word\n"])
def test_files_that_are_no_mapping(tmp_path, text):
    with pytest.raises(ValidationError, match="empty|mapping"):
        load_text(tmp_path, text)


@pytest.mark.parametrize(
    ("edges", "cycle"),
    [
        ("a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}", ["a", "b", "a"]),
        ("a: {image: x, depends_on: [a]}", ["a", "a"]),
        ("a: {image: x, links: [b]}, b: {image: x, network_mode: 'service:c'}, c: {image: x, volumes_from: [a]}", ["a", "b", "c", "a"]),
    ],
)  # fmt: skip
def test_cycles_are_named_in_order(tmp_path, edges, cycle):
    with pytest.raises(DependencyCycle, match=" -> ".join(cycle)) as caught:
        load_text(tmp_path, f"services: {{{edges}}}\n")
    assert caught.value.code == 422
    assert caught.value.details["cycle"] == cycle


def test_a_lattice_is_checked_in_linear_time(tmp_path):
    """Each service waits for the three before it: a walk of all paths would not end."""
    rows = "".join(
        f"  s{n}: {{image: x, depends_on: [{', '.join(f's{m}' for m in range(max(0, n - 3), n))}]}}\n" for n in range(200)
    )
    assert len(load_text(tmp_path, "services:\n" + rows).services) == 200


def test_values_of_the_environment_are_in_no_error(tmp_path):
    secret = "hunter2!"
    for members in (
        "ports: ['$S']",
        "mem_limit: $S",
        "tty: $S",
        "scale: $S",
        "stop_grace_period: $S",
        "hostname: '${N:?$S}'",
    ):
        with pytest.raises(ValidationError) as caught:
            load_text(tmp_path, f"services: {{a: {{image: x, {members}}}}}\n", env={"S": secret})
        assert secret not in str(caught.value.to_dict())


def test_the_last_file_that_holds_the_path_is_named(tmp_path):
    files = {
        "compose.yaml": "services: {a: {image: x}}\n",
        "compose.override.yaml": "services:\n  a:\n    networks: [n]\n",
    }
    with pytest.raises(ValidationError, match=r"compose\.override\.yaml:3:5: services\.a\.networks\.n"):
        load_files(tmp_path, files)


@pytest.mark.parametrize(
    ("members", "reason"),
    [("env_file: none.env", "none.env: no such file"), ("label_file: none.lab", "none.lab: no such file")],
)
def test_missing_files_are_not_found(tmp_path, members, reason):
    with pytest.raises(NotFound, match=reason):
        load_text(tmp_path, f"services: {{a: {{image: x, {members}}}}}\n")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (LoadOptions(check_consistency=False), "services: {a: {tty: true, networks: [nope], depends_on: [nope]}}\n"),
        (LoadOptions(resolve_environment=False), "services: {a: {image: x, env_file: none.env}}\n"),
    ],
)
def test_passes_can_be_left_out(tmp_path, options, text):
    assert "a" in load_text(tmp_path, text, options=options).services


def test_a_document_in_memory(tmp_path):
    spec = {"services": {"a": {"image": "x$V", "build": "./ctx", "ports": ["80:80"]}}}
    project = load_document(spec, env={"V": "1"}, working_directory=tmp_path, project_name="mem")
    assert project.name == "mem"
    assert project.services["a"]["image"] == "x1"
    assert project.services["a"]["build"]["context"] == str(tmp_path / "ctx")
    assert spec == {"services": {"a": {"image": "x$V", "build": "./ctx", "ports": ["80:80"]}}}


@pytest.mark.parametrize(
    "spec", [{"services": {1: {}}}, {"services": {"a": {"image": object()}}}, {"services": {"a": {"imag": "x"}}}, {}]
)
def test_a_document_that_is_none_is_refused(tmp_path, spec):
    with pytest.raises(ValidationError):
        load_document(spec, env={}, working_directory=tmp_path, project_name="mem")


def test_a_project_does_not_change(tmp_path):
    project = load_text(tmp_path, "services: {a: {image: x, scale: 3}}\n")
    with pytest.raises(AttributeError):
        project.name = "other"
    with pytest.raises(TypeError):
        project.services["b"] = {}
    assert project.replicas("a") == 3
