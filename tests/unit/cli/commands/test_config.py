"""``perry-compose config`` and ``version`` as programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src"
PROGRAM = [sys.executable, "-c", "import sys; from perry_ffi.cli.main import main; sys.exit(main())"]

TEXT = """
name: demo
x-top: {b: 1, a: []}
services:
  web:
    build: {context: ./web, args: {V: "${VER:-1}"}}
    ports: ["${PORT:-80}:80"]
    depends_on: [db]
    environment: {A: "<x & y>", D: "$$dollar", M: "a\\nb: c\\n", E: "yes", N: "012", H: "a # b", Q: 'q"uo''te', EMPTY: ""}
    x-own: {z: 1}
    init: false
    models: [m]
    networks: {front: , default: }
  db: {image: "postgres:${PGV-16}", volumes: ["data:/d"], entrypoint: []}
  opt: {image: opt, profiles: [o, p]}
volumes: {data: , unused: }
networks: {front: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}
models: {m: {model: ai/x}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "compose.yaml").write_text(TEXT)
    return tmp_path


def run(folder, *arguments, stdin="", env=None, status=0):
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), **(env or {})}
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=folder, env=variables, input=stdin, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == status, done.stderr
    return done


def test_json_is_the_model(folder):
    shown = json.loads(run(folder, "config", "--format", "json").stdout.replace("$$", "$"))
    assert list(shown) == ["name", "networks", "services", "volumes", "x-top"]
    assert shown["services"]["web"]["build"] == {
        "context": f"{folder}/web",
        "dockerfile": "Dockerfile",
        "args": {"V": "1"},
    }
    assert shown["services"]["web"]["environment"]["D"] == "$dollar"
    assert set(shown["volumes"]) == {"data"}
    assert "x-own" not in shown["services"]["web"]


def test_html_characters_are_escaped_as_docker_compose_does(folder):
    assert '"A": "\\u003cx \\u0026 y\\u003e"' in run(folder, "config", "--format", "json").stdout


def test_yaml_is_the_default_and_can_be_fed_back(folder):
    first = run(folder, "config").stdout
    assert "x-own:\n      z: 1\n" in first
    assert "init: false" in first
    assert run(folder, "-f", "-", "config", stdin=first).stdout == first
    assert (
        run(folder, "-f", "-", "config", "--format", "json", stdin=first).stdout
        == run(folder, "config", "--format", "json").stdout
    )


def test_yaml_text(folder):
    (folder / "compose.yaml").write_text("name: d\nservices: {a: {image: x, command: [a, 'b: c', ''], ports: [80]}}\n")
    assert run(folder, "config").stdout == (
        "name: d\nservices:\n  a:\n    command:\n      - a\n      - 'b: c'\n      - \"\"\n    image: x\n    networks:\n"
        "      default: null\n    ports:\n      - mode: ingress\n        target: 80\n        protocol: tcp\n"
        "networks:\n  default:\n    name: d_default\n"
    )


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--services"], ["db", "web"]),
        (["--profile", "o", "--services"], ["db", "opt", "web"]),
        (["--volumes"], ["data"]),
        (["--networks"], ["default", "front"]),
        (["--images"], ["demo-web", "postgres:16"]),
        (["--models"], ["ai/x"]),
        (["--profiles"], ["o", "p"]),
        (["--no-interpolate", "--services"], ["db", "opt", "web"]),
    ],
)
def test_one_aspect_a_line(folder, arguments, lines):
    profile = ["--profile", "o"] if "--profile" in arguments else []
    rest = [argument for argument in arguments if argument not in ("--profile", "o")]
    assert sorted(run(folder, *profile, "config", *rest).stdout.splitlines()) == lines


def test_dependencies_stand_before_their_dependents(folder):
    assert run(folder, "config", "--services").stdout == "db\nweb\n"


def test_hashes_are_stable_and_ignore_what_is_not_configuration(folder):
    first = run(folder, "config", "--hash", "*").stdout
    assert [len(line.split()[1]) for line in first.splitlines()] == [64, 64]
    assert run(folder, "config", "--hash", "db").stdout in first
    (folder / "compose.yaml").write_text(TEXT.replace("entrypoint: []", "entrypoint: [], scale: 3, pull_policy: always"))
    assert run(folder, "config", "--hash", "*").stdout == first
    (folder / "compose.yaml").write_text(TEXT.replace("entrypoint: []", "entrypoint: [x]"))
    assert run(folder, "config", "--hash", "web").stdout in first
    assert run(folder, "config", "--hash", "db").stdout not in first
    assert "no such service: nope" in run(folder, "config", "--hash", "nope", status=1).stderr


def test_the_hash_is_that_of_docker_compose(folder):
    (folder / "compose.yaml").write_text("services: {a: {image: x, environment: {A: '<1>'}, ports: ['80:80']}}\n")
    known = "922b50e3591df45fbce978f50d12f2aa85b6a0171b38303199ee65ca8e417569"
    assert run(folder, "config", "--hash", "a").stdout == f"a {known}\n"


def test_variables(folder):
    rows = json.loads(run(folder, "config", "--variables", "--format", "json").stdout)
    assert rows["PORT"] == {"Name": "PORT", "DefaultValue": "80", "PresenceValue": "", "Required": False}
    assert run(folder, "config", "--variables").stdout.splitlines()[1].split() == ["PGV", "false", "16"]


def test_environment(folder):
    (folder / ".env").write_text("FROM_FILE=1\n")
    lines = run(folder, "config", "--environment", env={"OWN": "2"}).stdout.splitlines()
    assert {"FROM_FILE=1", "OWN=2", "COMPOSE_PROJECT_NAME=demo"} <= set(lines)
    assert lines == sorted(lines)


def test_passes_can_be_left_out(folder):
    raw = run(folder, "config", "--no-interpolate").stdout
    assert "postgres:${PGV-16}" in raw
    assert "context: ./web" in run(folder, "config", "--no-path-resolution").stdout
    (folder / "compose.yaml").write_text("services: {a: {tty: true, depends_on: [b]}}\n")
    assert "default:" not in run(folder, "config", "--no-normalize", "--no-consistency").stdout


def test_quiet_and_output(folder):
    assert run(folder, "config", "-q").stdout == run(folder, "config", "-q", "--no-interpolate").stdout == ""
    assert run(folder, "config", "-q", "--services").stdout == run(folder, "config", "--services").stdout != ""
    assert run(folder, "config", "-o", "out.yaml").stdout == ""
    assert (folder / "out.yaml").read_text() == run(folder, "config").stdout
    assert "cannot be written" in run(folder, "config", "-o", "none/out.yaml", status=1).stderr


def test_a_selected_service(folder):
    assert set(json.loads(run(folder, "config", "--format", "json", "db").stdout)["services"]) == {"db"}


def test_convert_is_another_name(folder):
    assert run(folder, "convert").stdout == run(folder, "config").stdout


def test_warnings_and_errors_go_to_standard_error(folder):
    (folder / "compose.yaml").write_text("version: '3'\nservices: {a: {image: 'x$MISSING'}}\n")
    done = run(folder, "config")
    assert "`version` is obsolete" in done.stderr
    assert "MISSING is not set" in done.stderr
    (folder / "compose.yaml").write_text("services:\n  a: {image: x, prots: [80]}\n")
    refused = run(folder, "config", status=1)
    assert refused.stdout == ""
    assert refused.stderr == (
        f"perry-compose: {folder}/compose.yaml:2:17: services.a.prots: is not an attribute that Compose knows (expected ports)\n"
    )


def test_usage(folder):
    assert run(folder).stdout.startswith("Usage: perry-compose")
    assert "no Compose file" in run("/", "config", status=1).stderr
    run(folder, "config", "--format", "toml", status=2)
    run(folder, "nope", status=2)
    assert run(folder, "version").stdout.startswith("perry-compose version ")
    assert run(folder, "version", "--short").stdout.strip().count(".") == 2


def test_config_loads_only_what_it_needs(folder):
    code = (
        "import sys; from perry_ffi.cli.main import main; main(['config', '-q']); "
        "print([m for m in ('pydantic_core', 'asyncio', 'anyio', 'h11', 'pathlib', 'inspect', 'json', 'difflib', 'hashlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import site, sys; sys.path[:0] = %r; " % [p for p in sys.path if p] + code],
        cwd=folder, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_the_process_ends_with_its_output_written_and_its_status(tmp_path):
    """It does not wait for Python's own end."""
    program = [sys.executable, "-m", "perry_ffi.cli.main"]
    environ = {"PYTHONPATH": str(SOURCE)}
    for arguments, status in ((["config"], 0), (["config", "nope"], 1), (["nope"], 2), ([], 0)):
        (tmp_path / "compose.yaml").write_text("services: {a: {image: " + "a" * 100_000 + "}}")
        done = subprocess.run([*program, *arguments], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert (done.returncode, len(done.stdout) > 100_000) == (status, arguments == ["config"]), done.stderr[-500:]
        assert bool(done.stderr) == bool(status)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_output_that_cannot_be_written_is_no_success(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "perry_ffi.cli.main", "version"],
            cwd=tmp_path, env={"PYTHONPATH": str(SOURCE)}, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode and "No space left" in done.stderr


@pytest.mark.parametrize("command", ["config", "up", "down"])
def test_a_name_of_a_file_moves_no_cursor(tmp_path, command):
    evil = "\x1b[31mred\x07\x9b31m\u202eback\u2028"
    (tmp_path / "compose.yaml").write_text(json.dumps({"services": {"a": {"image": "i", evil: 1}}}))
    found = subprocess.run(
        [*PROGRAM, command], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(SOURCE)}, capture_output=True, text=True
    )
    assert found.returncode == 1 and "\\x1b[31mred\\x07\\x9b31m\\u202eback\\u2028" in found.stderr
    assert all(char.isprintable() or char == "\n" for char in found.stderr)


def test_a_file_s_name_that_is_no_text_is_shown_escaped(tmp_path):
    name = os.fsdecode(b"\xff\xfe.yaml")
    found = subprocess.run(
        [*PROGRAM, "-f", name, "config"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1 and "\\udcff\\udcfe.yaml: no such file" in found.stderr


def test_images_by_their_digests(folder, monkeypatch, capfd):
    """What the registries say is put in; a service without an image has none."""
    from perry_ffi.cli.main import main
    from perry_ffi.service import digests

    async def pinned(environ, images):
        return {image: f"docker.io/library/{image}@sha256:{'0' * 64}" for image in images}

    monkeypatch.setattr(digests, "pinned", pinned)
    monkeypatch.chdir(folder)
    for more in ([], ["--no-interpolate"]):
        assert main(["config", *more, "--resolve-image-digests", "--format", "json"]) == 0
        model = json.loads(capfd.readouterr().out)
        assert model["services"]["db"]["image"].endswith("@sha256:" + "0" * 64) and "ports" in model["services"]["web"]
        assert main(["config", *more, "--lock-image-digests", "--format", "json"]) == 0
        lock = json.loads(capfd.readouterr().out)
        assert set(lock) == {"services"} and lock["services"]["web"] == {} and set(lock["services"]["db"]) == {"image"}
    assert main(["config", "-q", "--lock-image-digests"]) == 0 and capfd.readouterr().out == ""
