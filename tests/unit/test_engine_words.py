"""No room above the backends knows an engine: neither its name nor its documents.

What differs between engines is a value that a backend fills in or declares. Docstrings and comments may name engines, for
behaviour has to be described; code may not, but for what stands in ``ALLOWED``, each with its reason.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from tests.unit.test_rooms import SOURCE, modules, room

# Every other room is above the backends, also one that is not there yet.
KNOWS_ENGINES = {
    "backends": "drives them",
    "drivers": "the table of them",
    "doctor": "knows what goes wrong with each of them, and the command that mends it",
    "settings": "variables of the environment that name a server or a configuration",
    "registry": "credentials, as the engines' own tools store them",
}
ENGINES = (
    "docker", "moby", "swarm", "podman", "libpod", "nerdctl", "containerd", "buildkit", "buildah", "lima", "colima",
    "orbstack", "rancher",
)  # fmt: skip
# A Dockerfile and its .dockerignore are called so, also where no docker is.
WORD = re.compile(rf"(?<![a-z])(?:{'|'.join(ENGINES)})(?!file|ignore)", re.IGNORECASE)
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")

_FILE_NAMES = "names of Compose files, as the Compose Specification has them"
_PEER_HASH = "docker compose's own hash of a service that is given the API is of these"
_HUB = "the registry of names that tell none, on every engine"
_SOCKET = "where containers find the socket whose API every tool takes for docker's"
_SIGNED = "members of what cosign signs"
_MEMBERS = "members of a Compose file that are nerdctl's, read as rules"
_NOT_HERE = "says why a member that no single engine has is refused"
_INSTEAD = "the program that does what an engine's build API does not"
ALLOWED = {
    ("abi.table", "image reference, as docker writes it: [registry/]repository[:tag][@digest]"): "documentation of a type",
    ("stack.identity", "com.docker.compose."): "the labels shared with docker compose: the one module that has them",
    ("stack.identity", "com.docker.stack.namespace"): "the label by which a cluster's own tools know a project",
    ("compose.discover", "docker-compose.yml"): _FILE_NAMES,
    ("compose.discover", "docker-compose.yaml"): _FILE_NAMES,
    ("compose.discover", "docker-compose.override.yml"): _FILE_NAMES,
    ("compose.discover", "docker-compose.override.yaml"): _FILE_NAMES,
    ("compose.hashing", "/var/run/docker.sock"): _PEER_HASH,
    ("compose.hashing", "/run/secrets/docker"): _PEER_HASH,
    ("compose.hashing", "DOCKER_CONFIG"): _PEER_HASH,
    ("model.backend", "docker_socket_inside"): _SOCKET,
    ("model.backend", "dockerSocketInside"): _SOCKET,
    ("model.reference", "docker.io"): _HUB,
    ("model.reference", "index.docker.io"): _HUB,
    ("trust.claim", "docker-reference"): _SIGNED,
    ("trust.claim", "docker-manifest-digest"): _SIGNED,
    ("stack.verify", "_of_nerdctl"): _MEMBERS,
    ("stack.verify", "_NERDCTL"): _MEMBERS,
    ("stack.verify", "x-nerdctl-"): _MEMBERS,
    ("stack.translate.build", "docker-image://"): "how the Compose Specification writes an image as a build context",
    ("stack.translate.build_secrets", ": only a swarm has it"): _NOT_HERE,
    ("stack.translate.files", "only a swarm has it"): _NOT_HERE,
    ("stack.bake", "type=docker"): "how a bake file says that an image goes to the engine",
    ("cli.commands.build", "docker buildx build --check does"): _INSTEAD,
    ("cli.commands.build", "docker buildx bake does, with what --print prints"): _INSTEAD,
    ("service.project_engine", ": DOCKER_HOST or"): "the variable by which an engine is chosen most often",
}


def words(tree: ast.Module) -> Iterator[str]:
    """The texts and names in the code of a module that have an engine's name in them."""
    told = docstrings(tree)
    for node in ast.walk(tree):
        if id(node) not in told:
            yield from (text for text in texts(node) if WORD.search(HUMP.sub(" ", text)))


def texts(node: ast.AST) -> Iterator[str]:
    """What a node of the code says: the text of a constant, or the names that it makes or uses."""
    match node:
        case ast.Constant(value=str(text)) | ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
            yield text
        case ast.Constant(value=bytes(data)):
            yield data.decode("latin-1")
        case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
            yield text
        case ast.keyword(arg=str(text)) | ast.ImportFrom(module=str(text)):
            yield text
        case ast.alias(name=text, asname=other):
            yield from (text, other or "")
        case ast.MatchAs(name=str(text)) | ast.MatchStar(name=str(text)) | ast.MatchMapping(rest=str(text)):
            yield text
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case ast.ExceptHandler(name=str(text)):
            yield text
        case _:
            return


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the constants that stand alone as statements: docstrings, and what is said below a member."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}


@functools.cache
def named(source: Path = SOURCE) -> set[tuple[str, str]]:
    """The engines' names above the backends: in which module, and the text or the name that has one."""
    return {
        (module, text)
        for module, tree in modules(source)
        if room(module) not in KNOWS_ENGINES
        for text in (*words(tree), *(part for part in module.split(".") if WORD.search(part)))
    }


def documents(source: Path = SOURCE) -> list[str]:
    """Where an engine's own document is read: ``raw`` goes to programs as it is, and nobody here looks into it."""
    return [
        f"{module}:{node.lineno}"
        for module, tree in modules(source)
        if room(module) not in KNOWS_ENGINES
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr == "raw")
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "getattr" and "raw" in texts_of(node.args[1:2]))
    ]


def texts_of(nodes: list[ast.expr]) -> list[str]:
    return [text for node in nodes for text in texts(node)]


def test_no_engine_is_named_above_the_backends() -> None:
    assert named() - set(ALLOWED) == set()


def test_what_is_allowed_is_there() -> None:
    assert set(ALLOWED) - named() == set()


def test_no_document_of_an_engine_is_read_above_the_backends() -> None:
    assert documents() == []


def test_a_name_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "stack").mkdir()
    (tmp_path / "backends").mkdir()
    (tmp_path / "stack/wrong.py").write_text(
        '"""Docker tells it late."""\n'
        "# Podman does not.\n"
        "from perry_ffi.backends.fake import FakeBackend as NerdctlBackend\n"
        "IS_PODMAN = 1\n"
        "PullImage = 'Dockerfile'\n"
        '"""Swarm has it."""\n'
        "def at(backend, docker_host=None):\n"
        "    return backend.name == 'docker' or backend.libpod or f'{backend}.orbstack' or isinstance(backend, LimaVm)\n"
    )
    (tmp_path / "stack/podman.py").write_text("")
    (tmp_path / "backends/right.py").write_text("NAME = 'docker'\n")
    assert {text for _, text in named(tmp_path)} == {
        "NerdctlBackend", "IS_PODMAN", "docker_host", "docker", "libpod", ".orbstack", "LimaVm", "podman",
    }  # fmt: skip


def test_a_document_that_is_read_is_noticed(tmp_path: Path) -> None:
    for name in ("runtime", "backends"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "look.py").write_text("def f(info):\n    return info.raw or getattr(info, 'raw', None)\n")
    assert documents(tmp_path) == ["runtime.look:2", "runtime.look:2"]
