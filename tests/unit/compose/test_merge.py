"""What a second file, ``extends``, ``!reset`` and ``!override`` make of every kind of attribute."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import NotFound, Unsupported, ValidationError
from tests.unit.compose.support import load_files, relative

REST = "  b: {image: b}\n  c: {image: c}\nnetworks: {n: , m: }\nvolumes: {vv: , ww: }\nsecrets: {s: {file: ./f}}\n"

# attribute, the first file's value, the second's, the model's
RULES: list[tuple[str, str, str, Any]] = [
    ("hostname", "one", "two", "two"),
    ("hostname", "one", "null", "one"),
    ("command", "one two", "[three]", ["three"]),
    ("command", "one", "null", None),
    ("entrypoint", "[a]", "b c", ["b", "c"]),
    ("cap_add", "[A, B]", "[B, C]", ["A", "B", "C"]),
    ("security_opt", "[a]", "[b]", ["a", "b"]),
    ("environment", "{A: 1, B: 2}", "[B=3, C=4]", {"A": "1", "B": "3", "C": "4"}),
    ("labels", "[a=1]", "{a: 2, b: }", {"a": "2", "b": ""}),
    ("sysctls", "{a: 1}", "[a=2, b=3]", {"a": "2", "b": "3"}),
    ("dns", "8.8.8.8", "[1.1.1.1, 8.8.8.8]", ["8.8.8.8", "1.1.1.1"]),
    ("tmpfs", "/a", '["/b", "/a"]', ["/a", "/b"]),
    ("extra_hosts", '["a:1.1.1.1"]', "{b: 2.2.2.2}", ["a=1.1.1.1", "b=2.2.2.2"]),
    ("healthcheck", "{test: [CMD, a], retries: 3}", "{test: b}", {"test": ["CMD-SHELL", "b"], "retries": 3}),
    ("ulimits", "{nofile: 1, nproc: 2}", "{nofile: {soft: 3, hard: 4}}", {"nofile": {"soft": 3, "hard": 4}, "nproc": 2}),
    ("networks", "[n]", "{n: {aliases: [x]}, m: }", {"m": None, "n": {"aliases": ["x"]}}),
    ("logging", "{driver: d, options: {a: 1}}", "{driver: d, options: {b: 2}}", {"driver": "d", "options": {"a": "1", "b": "2"}}),
    ("logging", "{driver: d, options: {a: 1}}", "{driver: e}", {"driver": "e"}),
    ("expose", '["80"]', '[81, "80"]', ["80", "81"]),
    (
        "depends_on", "[b]", "{b: {condition: service_healthy}, c: {condition: service_started}}",
        {"b": {"condition": "service_healthy", "required": True}, "c": {"condition": "service_started", "required": True}},
    ),
    (
        "ports", '["80:80", "90"]', '["80:80", "81:80"]',
        [
            {"mode": "ingress", "target": 80, "published": "80", "protocol": "tcp"},
            {"mode": "ingress", "target": 90, "protocol": "tcp"},
            {"mode": "ingress", "target": 80, "published": "81", "protocol": "tcp"},
        ],
    ),
    (
        "volumes", '["vv:/t", "/x:/y"]', '["ww:/t"]',
        [
            {"type": "volume", "source": "ww", "target": "/t", "volume": {}},
            {"type": "bind", "source": "/x", "target": "/y", "bind": {"create_host_path": True}},
        ],
    ),
    ("secrets", "[s]", "[{source: s, target: /run/secrets/s, mode: 0400}]", [{"source": "s", "target": "/run/secrets/s", "mode": "0400"}]),
    ("devices", '["/dev/a:/dev/x"]', '["/dev/b:/dev/x:r"]', [{"source": "/dev/b", "target": "/dev/x", "permissions": "r"}]),
    ("build", "./a", "{args: {A: 1}}", {"context": "@/a", "dockerfile": "Dockerfile", "args": {"A": "1"}}),
    ("env_file", "a.env", "[b.env]", None),
    ("ports", '["80:80"]', '!override ["81:81"]', [{"mode": "ingress", "target": 81, "published": "81", "protocol": "tcp"}]),
    ("ports", '["80:80"]', "!reset []", None),
    ("environment", "{A: 1}", "!override {B: 2}", {"B": "2"}),
    ("deploy", "{replicas: 2, labels: {a: 1}}", "{labels: !reset {}}", {"replicas": 2, "resources": {}, "placement": {}}),
]  # fmt: skip


def first(attribute, value):
    return f"name: p\nservices:\n  a:\n    image: x\n    {attribute}: {value}\n{REST}"


@pytest.mark.parametrize(("attribute", "base", "over", "expected"), RULES, ids=[f"{a}: {b} + {o}"[:70] for a, b, o, _ in RULES])
def test_a_second_file(tmp_path, attribute, base, over, expected):
    files = {
        "compose.yaml": first(attribute, base),
        "compose.override.yaml": f"services:\n  a:\n    {attribute}: {over}\n",
        "a.env": "A=1\n",
        "b.env": "A=2\n",
    }

    shown = relative(load_files(tmp_path, files).to_dict(), tmp_path)["services"]["a"]

    if attribute == "env_file":
        assert shown["environment"] == {"A": "2"}
    else:
        assert shown.get(attribute) == expected


@pytest.mark.parametrize(
    "override",
    ["services: {a: {cap_add: x}}", "services: {a: {healthcheck: [x]}}", "services: {a: {logging: x}}", "services: []"],
)
def test_what_does_not_fit_is_refused(tmp_path, override):
    files = {"compose.yaml": first("cap_add", "[A]") + "x-a: 1\n", "compose.override.yaml": override}
    with pytest.raises(ValidationError, match=r"compose\.override\.yaml"):
        load_files(tmp_path, files)


def test_pools_of_a_network_merge_by_subnet(tmp_path):
    files = {
        "compose.yaml": "services: {a: {image: x, networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}\n",
        "compose.override.yaml": "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8, gateway: 10.0.0.1}]}}}\n",
    }
    assert load_files(tmp_path, files).networks["n"]["ipam"]["config"] == [{"subnet": "10.0.0.0/8", "gateway": "10.0.0.1"}]


@pytest.mark.parametrize(("kind", "use"), [("volumes", '["nn:/n"]'), ("networks", "[nn]")])
def test_labels_that_two_files_give_are_those_of_the_last(tmp_path, kind, use):
    files = {
        "compose.yaml": f"services: {{a: {{image: x, {kind}: {use}}}}}\n{kind}: {{nn: {{labels: {{k: v, both: same}}}}}}\n",
        "compose.override.yaml": f"{kind}: {{nn: {{labels: [k=w, both=same]}}}}\n",
    }
    assert getattr(load_files(tmp_path, files), kind)["nn"]["labels"] == {"k": "w", "both": "same"}


# -- extends --------------------------------------------------------------------------------------

BASE = """
services:
  base:
    image: base
    build: ./ctx
    environment: {A: base, B: base}
    volumes: ["./data:/data"]
    env_file: base.env
    ports: ["1:1"]
    tty: true
"""


def test_extends_a_service_of_the_same_file(tmp_path):
    text = "services:\n  a: {extends: b, environment: [A=a]}\n  b: {extends: {service: c}, tty: true}\n  c: {image: c, environment: {A: c, C: c}}\n"
    project = load_files(tmp_path, {"compose.yaml": text})
    assert project.services["a"]["environment"] == {"A": "a", "C": "c"}
    assert project.services["a"]["tty"] is True
    assert "extends" not in project.to_dict()["services"]["a"]


def test_extends_another_file_with_its_paths(tmp_path):
    files = {
        "compose.yaml": "services: {a: {extends: {file: sub/base.yaml, service: base}, environment: {A: own}}}\n",
        "sub/base.yaml": BASE,
        "sub/base.env": "E=1\n",
    }
    shown = relative(load_files(tmp_path, files).to_dict(), tmp_path)["services"]["a"]
    assert shown["build"]["context"] == "@/sub/ctx"
    assert shown["volumes"][0]["source"] == "@/sub/data"
    assert shown["environment"] == {"A": "own", "B": "base", "E": "1"}


def test_extends_through_several_files(tmp_path):
    files = {
        "compose.yaml": "services: {a: {extends: {file: one/o.yaml, service: o}}}\n",
        "one/o.yaml": "services: {o: {extends: {file: two/t.yaml, service: t}, tty: true}}\n",
        "one/two/t.yaml": "services: {t: {image: t, build: .}}\n",
    }
    shown = relative(load_files(tmp_path, files).to_dict(), tmp_path)["services"]["a"]
    assert (shown["image"], shown["tty"], shown["build"]["context"]) == ("t", True, "@/one/two")


def test_extends_can_reset_and_override(tmp_path):
    files = {
        "compose.yaml": (
            "services: {a: {extends: {file: b.yaml, service: base}, "
            "env_file: !reset , build: !reset , ports: !override ['2:2'], tty: !reset }}\n"
        ),
        "b.yaml": BASE,
    }
    shown = load_files(tmp_path, files).services["a"]
    assert "build" not in shown
    assert "tty" not in shown
    assert [port["target"] for port in shown["ports"]] == [2]


@pytest.mark.parametrize(
    ("extends", "error", "reason"),
    [
        ("nope", ValidationError, "no service 'nope'"),
        ("{file: b.yaml, service: nope}", ValidationError, "no service 'nope' in b.yaml"),
        ("{file: none.yaml, service: b}", NotFound, "none.yaml: no such file"),
        ("{file: empty.yaml, service: b}", NotFound, "no services"),
        ("{file: b.yaml}", ValidationError, "names no service"),
        ("a", ValidationError, "in a circle: a .* extends a"),
        ("c", ValidationError, "in a circle: .*a .* extends c .* extends a"),
        ("{file: loop.yaml, service: l}", ValidationError, "in a circle: l .* extends m .* extends l"),
        ("{file: 'https://github.com/a/b.git', service: b}", Unsupported, "not fetched"),
        ("{file: 'oci://a/b', service: b}", Unsupported, "not fetched"),
    ],
)
def test_broken_extends_is_refused(tmp_path, extends, error, reason):
    files = {
        "compose.yaml": f"services:\n  a: {{image: x, extends: {extends}}}\n  c: {{extends: a}}\n",
        "b.yaml": BASE,
        "empty.yaml": "volumes: {v: }\n",
        "loop.yaml": "services: {l: {extends: {file: loop.yaml, service: m}}, m: {extends: l}}\n",
    }
    with pytest.raises(error, match=reason):
        load_files(tmp_path, files)


def test_many_services_may_extend_one(tmp_path):
    services = "".join(f"  s{n}: {{extends: {{file: b.yaml, service: base}}, hostname: h{n}}}\n" for n in range(300))
    project = load_files(tmp_path, {"compose.yaml": "services:\n" + services, "b.yaml": BASE, "base.env": ""})
    assert len(project.services) == 300
    assert project.services["s7"]["hostname"] == "h7"


# -- include --------------------------------------------------------------------------------------

INCLUDED = "services: {i: {image: i, build: ., volumes: ['./d:/d'], hostname: '${V-none}'}}\nsecrets: {s: {file: ./s}}\n"


@pytest.mark.parametrize(
    ("include", "hostname", "context"),
    [
        ("[sub/i.yaml]", "sub", "@/sub"),
        ("[{path: sub/i.yaml}]", "sub", "@/sub"),
        ("[{path: [sub/i.yaml, sub/j.yaml]}]", "sub", "@/sub"),
        ("[{path: sub/i.yaml, project_directory: other}]", "none", "@/other"),
        ("[{path: sub/i.yaml, env_file: q.env}]", "q", "@/sub"),
        ("[{path: sub/i.yaml, env_file: [q.env, r.env]}]", "r", "@/sub"),
        ("[sub/nested.yaml]", "sub", "@/sub"),
        ("[sub/i.yaml, sub/i.yaml]", "sub", "@/sub"),
    ],
)
def test_include(tmp_path, include, hostname, context):
    files = {
        "compose.yaml": f"include: {include}\nservices: {{a: {{image: x, depends_on: [i]}}}}\n",
        "sub/i.yaml": INCLUDED, "sub/j.yaml": "services: {i: {tty: true}}\n", "sub/.env": "V=sub\n",
        "sub/nested.yaml": "include: [i.yaml]\n", "q.env": "V=q\n", "r.env": "V=r\n", "other/x": "",
    }  # fmt: skip
    shown = relative(load_files(tmp_path, files).to_dict(), tmp_path)["services"]
    assert (shown["i"]["hostname"], shown["i"]["build"]["context"]) == (hostname, context)
    assert shown["i"]["volumes"][0]["source"] == f"{context}/d"


def test_the_callers_variables_win_over_the_included_env_file(tmp_path):
    files = {"compose.yaml": "include: [sub/i.yaml]\n", "sub/i.yaml": INCLUDED, "sub/.env": "V=sub\n"}
    assert load_files(tmp_path, files, env={"V": "caller"}).services["i"]["hostname"] == "caller"


@pytest.mark.parametrize(
    ("include", "error", "reason"),
    [
        ("[none.yaml]", NotFound, "none.yaml: no such file"),
        ("[compose.yaml]", ValidationError, "in a circle"),
        ("[loop.yaml]", ValidationError, "in a circle: .*compose.yaml includes .*loop.yaml includes .*compose.yaml"),
        (
            "[other.yaml]",
            ValidationError,
            r"compose.yaml:1:11: include\[0\]: services.a is defined here and, differently",
        ),
        ("[{path: i.yaml, env_file: none.env}]", NotFound, "none.env"),
        ("i.yaml", ValidationError, "a list"),
        ("[1]", ValidationError, r"include\[0\]"),
        ("['https://github.com/a/b.git']", Unsupported, "not fetched"),
        ("['oci://a/b']", Unsupported, "not fetched"),
        ("[bad.yaml]", ValidationError, r"bad.yaml:1:\d+: services.b.bogus"),
    ],
)
def test_broken_include_is_refused(tmp_path, include, error, reason):
    files = {
        "compose.yaml": f"include: {include}\nservices: {{a: {{image: x}}}}\n",
        "loop.yaml": "include: [compose.yaml]\n",
        "other.yaml": "services: {a: {image: other}}\n",
        "i.yaml": "services: {i: {image: i}}\n",
        "bad.yaml": "services: {b: {image: x, bogus: 1}}\n",
    }
    with pytest.raises(error, match=reason):
        load_files(tmp_path, files)
