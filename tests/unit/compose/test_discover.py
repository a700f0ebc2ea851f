"""Which files, which folder, which variables, which name."""

from __future__ import annotations

import pytest

from perry_ffi.compose import load
from perry_ffi.errors import NotFound, ValidationError
from tests.unit.compose.support import load_files, relative, write

ONE = "services: {a: {image: x, labels: {V: '$V', W: '${W-none}'}}}\n"
TWO = "services: {a: {tty: true}, b: {image: y}}\n"
DEFAULTS = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
OVERRIDES = [
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
]  # fmt: skip


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("override", OVERRIDES)
def test_default_names(tmp_path, name, override):
    project = load_files(tmp_path, {name: ONE, override: TWO})
    assert project.files == (str(tmp_path / name), str(tmp_path / override))
    assert set(project.services) == {"a", "b"}


def test_the_first_default_name_wins_with_a_warning(tmp_path):
    project = load_files(tmp_path, {"compose.yaml": ONE, "docker-compose.yml": TWO})
    assert project.files == (str(tmp_path / "compose.yaml"),)
    assert [code for code, _ in project.warnings] == ["ambiguous", "unset"]


def test_folders_above_are_searched(tmp_path):
    write(tmp_path, {"compose.yaml": ONE, ".env": "V=top\n", "sub/deep/.env": "W=deep\n"})
    project = load(env={}, working_directory=tmp_path / "sub/deep")
    assert project.working_dir == str(tmp_path)
    assert project.services["a"]["labels"] == {"V": "top", "W": "deep"}


def test_named_files_override_in_order_and_set_the_folder(tmp_path):
    write(
        tmp_path,
        {"s/a.yaml": ONE.replace("image: x", "build: ."), "t/b.yaml": TWO, "s/.env": "V=s\n", ".env": "V=top\n"},
    )
    project = load(["s/a.yaml", "t/b.yaml"], env={}, working_directory=tmp_path)
    shown = relative(project.to_dict(), tmp_path)["services"]["a"]
    assert (shown["build"]["context"], shown["tty"], shown["labels"]["V"]) == ("@/s", True, "s")


def test_standard_input_is_a_file(tmp_path):
    project = load(["-"], env={}, working_directory=tmp_path, stdin=lambda: ONE)
    assert project.files == ("-",)
    assert project.working_dir == str(tmp_path)
    with pytest.raises(ValidationError, match="standard input"):
        load(["-"], env={}, working_directory=tmp_path)


def test_project_directory(tmp_path):
    write(tmp_path, {"s/a.yaml": ONE.replace("image: x", "build: q"), "pd/.env": "V=pd\n"})
    project = load(["s/a.yaml"], project_directory="pd", env={}, working_directory=tmp_path)
    assert relative(project.to_dict(), tmp_path)["services"]["a"]["build"]["context"] == "@/pd/q"
    assert project.services["a"]["labels"]["V"] == "pd"
    assert project.name == "pd"


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"COMPOSE_FILE": "a.yaml:b.yaml"}, {"a", "b"}),
        ({"COMPOSE_FILE": "a.yaml;b.yaml", "COMPOSE_PATH_SEPARATOR": ";"}, {"a", "b"}),
        ({"COMPOSE_FILE": "a.yaml"}, {"a"}),
    ],
)
def test_compose_file_names_the_files(tmp_path, env, expected):
    assert set(load_files(tmp_path, {"a.yaml": ONE, "b.yaml": TWO}, env=env).services) == expected
    env_file = "".join(f"{key}={value}\n" for key, value in env.items())
    assert set(load_files(tmp_path, {".env": env_file}).services) == expected


@pytest.mark.parametrize(
    ("env", "arguments", "labels"),
    [
        ({}, {}, {"V": "file", "W": "none"}),
        ({"V": "caller"}, {}, {"V": "caller", "W": "none"}),
        ({}, {"env_files": ["o.env"]}, {"V": "o", "W": "none"}),
        ({}, {"env_files": ["o.env", "p.env"]}, {"V": "o", "W": "p"}),
        ({"COMPOSE_ENV_FILES": "o.env,p.env"}, {}, {"V": "o", "W": "p"}),
        ({"COMPOSE_DISABLE_ENV_FILE": "1"}, {}, {"V": "", "W": "none"}),
        ({"COMPOSE_DISABLE_ENV_FILE": "false"}, {}, {"V": "file", "W": "none"}),
    ],
)
def test_env_files(tmp_path, env, arguments, labels):
    files = {"compose.yaml": ONE, ".env": "V=file\n", "o.env": "V=o\n", "p.env": "W=p\n"}
    assert load_files(tmp_path, files, env=env, **arguments).services["a"]["labels"] == labels


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        ({"names": ["none.yaml"]}, NotFound, "none.yaml: no such file"),
        ({"names": ["."]}, ValidationError, "cannot be read"),
        ({"env_files": ["none.env"]}, NotFound, "none.env: no such env file"),
        ({"env": {"COMPOSE_FILE": "none.yaml"}}, NotFound, "COMPOSE_FILE"),
        ({"env": {"COMPOSE_DISABLE_ENV_FILE": "maybe"}}, ValidationError, "COMPOSE_DISABLE_ENV_FILE"),
        ({"project_name": "Not A Name"}, ValidationError, "not a project name"),
        ({"env": {"COMPOSE_PROJECT_NAME": "_x"}}, ValidationError, "not a project name"),
    ],
)
def test_what_is_refused(tmp_path, arguments, error, reason):
    with pytest.raises(error, match=reason):
        load_files(tmp_path, {"compose.yaml": ONE}, **arguments)


def test_no_compose_file_at_all(tmp_path):
    with pytest.raises(NotFound, match="no Compose file in"):
        load(env={}, working_directory=tmp_path)


@pytest.mark.parametrize(
    ("name_line", "arguments", "expected"),
    [
        ("", {}, "folderone"),
        ("name: From File!\n", {}, "fromfile"),
        ("name: '${N:-dflt}'\n", {}, "dflt"),
        ("name: file\n", {"env": {"COMPOSE_PROJECT_NAME": "env"}}, "env"),
        ("name: file\n", {"env": {"COMPOSE_PROJECT_NAME": "env"}, "project_name": "given"}, "given"),
    ],
)
def test_names(tmp_path, name_line, arguments, expected):
    folder = tmp_path / "Folder One"
    folder.mkdir()
    text = name_line + "services: {a: {image: '${COMPOSE_PROJECT_NAME}'}}\n"
    project = load_files(folder, {"compose.yaml": text}, **arguments)
    assert project.name == expected
    assert project.services["a"]["image"] == expected


def test_a_missing_variable_warns_once_by_name(tmp_path):
    text = "services: {a: {image: '$MISS', hostname: '${MISS}', user: '${OTHER:-x}'}, b: {image: x}}\n"
    project = load_files(tmp_path, {"compose.yaml": text.replace("'$MISS', h", "'q$MISS', h")})
    assert [message for code, message in project.warnings if code == "unset"] == [
        "the variable MISS is not set; an empty text stands for it"
    ]


# -- profiles and selection -----------------------------------------------------------------------

PROFILES = """
services:
  a: {image: x, depends_on: [b]}
  b: {image: x, depends_on: {q: {condition: service_started, required: false}}}
  c: {image: x, profiles: [p], depends_on: [d], env_file: c.env}
  d: {image: x, profiles: [p]}
  q: {image: x, profiles: [zz]}
"""


@pytest.mark.parametrize(
    ("profiles", "env", "enabled"),
    [
        ([], {}, "ab"), (["p"], {}, "abcd"), (["zz"], {}, "abq"), (["*"], {}, "abcdq"), (["p", "zz"], {}, "abcdq"),
        (["unknown"], {}, "ab"), ([], {"COMPOSE_PROFILES": "p, zz"}, "abcdq"), ([], {"COMPOSE_PROFILES": "*"}, "abcdq"),
        (["p"], {"COMPOSE_PROFILES": "zz"}, "abcd"),
    ],
)  # fmt: skip
def test_profiles(tmp_path, profiles, env, enabled):
    project = load_files(tmp_path, {"compose.yaml": PROFILES, "c.env": ""}, profiles=profiles, env=env)
    assert set(project.services) == set(enabled)
    assert set(project.disabled_services) == set("abcdq") - set(enabled)


@pytest.mark.parametrize(
    ("services", "enabled"),
    [(["a"], "ab"), (["b"], "b"), (["c"], "cd"), (["a", "c"], "abcd"), (["[ab]"], "ab"), (["q"], "q")],
)
def test_selected_services_bring_their_profiles_and_dependencies(tmp_path, services, enabled):
    project = load_files(tmp_path, {"compose.yaml": PROFILES, "c.env": "E=1\n"}, services=services)
    assert set(project.services) == set(enabled)
    assert project.services.get("b", {}).get("depends_on") is None
    if "c" in enabled:
        assert project.services["c"]["environment"] == {"E": "1"}


def test_an_unknown_service_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="no such service: nope"):
        load_files(tmp_path, {"compose.yaml": PROFILES}, services=["nope"])
