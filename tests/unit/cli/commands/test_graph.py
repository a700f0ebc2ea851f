from __future__ import annotations

from tests.support.command_on_fake import Program

SERVICES = {
    "web": {"depends_on": {"api": {"condition": "service_healthy", "restart": True}, "db": {"condition": "service_started"}},
            "ports": ["127.0.0.1:8080:80"]},
    "api": {"depends_on": {"db": {"condition": "service_healthy"}, "off": {"condition": "service_started", "required": False}}, "scale": 2},
    "db": {"networks": ["back"]},
    "off": {"profiles": ["never"]},
    "alone": {},
}  # fmt: skip


def test_a_tree(program: Program) -> None:
    program.file(SERVICES, networks={"back": {}})
    assert program.run("graph") == (
        "alone\n"
        "web\n"
        "├─ api (healthy, restarts with it)  [2 containers]\n"
        "│  ├─ db (healthy)\n"
        "│  └─ off (started, not required)  [not enabled]\n"
        "└─ db (started)\n"
    )
    assert program.run("graph", "--networks", "--images", "db") == "db  [app, p_back]\n"
    assert program.run("graph", "--ports", "web").splitlines()[0] == "web  [127.0.0.1:8080->80/tcp]"
    program.run("graph", "nobody", status=1)
    assert not program.backend.calls


def test_what_stands_there_already_is_not_repeated(program: Program) -> None:
    program.file({"a": {"depends_on": ["b", "c"]}, "b": {"depends_on": ["d"]}, "c": {"depends_on": ["b"]}, "d": {}})
    assert program.run("graph").splitlines()[-2:] == ["└─ c (started)", "   └─ b (started) ↑"]


def test_dot(program: Program) -> None:
    program.file({"a": {"image": "x", "depends_on": ["b"]}, "b": {}}, networks={"default": {"name": 'odd"name'}})
    said = program.run("graph", "--format", "dot", "--networks", "--images")
    assert said.startswith('digraph "p" {\n') and said.endswith("}\n")
    assert '  "a" [label="a\\nx"];' in said and '  "a" -> "b" [label="started"];' in said
    assert said.count('"network odd\\"name" [label="odd\\"name", shape=ellipse];') == 1


def test_mermaid(program: Program) -> None:
    program.file({"a": {"depends_on": {"b": {"condition": "service_started", "required": False}}}, "b": {}})
    said = program.run("graph", "--format", "mermaid", "--networks").splitlines()
    assert said[:4] == ["flowchart LR", '  s0["a"]', '  s1["b"]', '  s0 -.->|"started, not required"| s1']
    assert said[4:] == ['  n0(["p_default"])', "  s0 -.- n0", "  s1 -.- n0"]


def test_json(program: Program) -> None:
    program.file(SERVICES, networks={"back": {}})
    found = program.json("graph", "--format", "json")
    assert [row["name"] for row in found["services"]] == ["alone", "api", "db", "web"]
    assert {"from": "web", "to": "api", "condition": "service_healthy", "required": True, "restart": True} in found["edges"]
