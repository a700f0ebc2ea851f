"""Values that are taken, and whose meaning is told because it is hardly what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.compose.support import load_text


@pytest.mark.parametrize(
    ("member", "path", "word"),
    [
        ("healthcheck: {test: [CMD-SHELL, pg_isready, -d, mydb]}", "healthcheck.test", "CMD-SHELL"),
        ("healthcheck: {test: [CMD-SHELL]}", "healthcheck.test", "every probe fails"),
        ("healthcheck: {test: [NONE, x]}", "healthcheck.test", "NONE"),
        ("environment: {A=B: mydb}", "environment", "="),
        ("build: {context: ., args: ['=mydb']}", "build.args", "without a name"),
        ("ports: [{target: 0, published: 80}]", "ports[0].target", "port 0"),
        ("expose: ['80', '8080:80']", "expose[1]", "no port"),
        ("dns: [9.9.9.9, mydb]", "dns[1]", "no address"),
        ("dns: ['1.1.1.1 8.8.8.8']", "dns[0]", "an entry of its own"),
        ("networks: {default: {aliases: [a, 'mydb x']}}", "networks.default.aliases", "a blank"),
        ("restart: 'on-failure:mydb'", "restart", "no bound"),
        ("pid: mydb", "pid", "of its own"),
        ("uts: mydb", "uts", "of its own"),
        ("userns_mode: mydb", "userns_mode", "own choice"),
        ("volumes_from: ['container:db:mydb']", "volumes_from[0]", "no mode"),
        ("devices: ['/dev/null:rwm']", "devices[0]", "permissions are the third"),
        ("stop_signal: '100'", "stop_signal", "no system"),
        ("configs: [{source: c, uid: mydb}]", "configs[0].uid", "root's"),
    ],
)
def test_told(tmp_path: Path, member: str, path: str, word: str) -> None:
    project = load_text(tmp_path, f"services: {{a: {{image: x, {member}}}}}\nconfigs: {{c: {{file: ./f}}}}\n")
    ((code, message),) = project.warnings
    assert code == "meaning" and message.startswith(f"services.a.{path}: ") and word in message
    assert "mydb" not in message


@pytest.mark.parametrize(
    "member",
    [
        "healthcheck: {test: [CMD-SHELL, pg_isready -d mydb]}", "healthcheck: {test: [CMD, pg_isready, -d, mydb]}",
        "healthcheck: {test: [NONE]}", "healthcheck: {test: x}", "healthcheck: {disable: true, test: [CMD-SHELL, a, b]}",
        "healthcheck: {}", "healthcheck: {test: []}", "environment: {A: b=c}", "ports: ['80', {target: 80, published: 0}]",
        "expose: [80, '81-82/UDP']", "dns: [9.9.9.9, '::1', 'fe80::1%eth0']", "networks: {default: {aliases: [a.b, '*.c']}}",
        "userns_mode: host", "userns_mode: 'keep-id:uid=5'", "volumes: ['/s:/t:cached']", "restart: 'on-failure:3'",
            "restart: always", "pid: host", "pid: 'container:x'", "uts: private", "volumes_from: ['container:db:ro']",
        "devices: ['/dev/null', '/dev/null:/dev/x:r']", "stop_signal: SIGINT", "stop_signal: '9'", "environment: [A=b]",
    ],
)  # fmt: skip
def test_nothing_to_tell(tmp_path: Path, member: str) -> None:
    assert load_text(tmp_path, f"services: {{a: {{image: x, {member}}}}}\n").warnings == ()
