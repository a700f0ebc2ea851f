"""The hashes that docker compose 2.40.3 labelled what it created with, from these very lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.compose import load
from perry_ffi.compose.hashing import container_hash, later_hashes, network_hash, service_hash, volume_hash
from tests.unit.compose.support import load_text, write

FILE = r"""
name: h
services:
  plain: {image: busybox}
  built: {build: {context: /srv/app, args: {A: "1"}}, pull_policy: build, scale: 2, profiles: [], depends_on: [plain]}
  full:
    image: busybox
    command: sh -c 'echo "$$HOME"'
    environment: [UNSET, "Q=<&>\u2028é$$"]
    labels: {z: "1", a: "<x>"}
    x-own: {a: 1}
    deploy: {replicas: 2, resources: {limits: {cpus: '0.50', memory: 50M}}}
    healthcheck: {test: "true", interval: 1.5s}
    networks: {one: {aliases: [x], x-n: 1}, two: {priority: 100}}
    ports: ["8080-8081:80", "127.0.0.1::90/udp"]
    volumes:
      - data:/d
      - used:/u
      - /anon
      - /srv/f.txt:/f:ro
      - {type: tmpfs, target: /t, tmpfs: {size: 10m}}
      - {type: image, source: busybox, target: /i}
    secrets: [s1, {source: s2, target: /x, uid: "1", mode: 0440}]
    configs: [c1]
    ulimits: {nofile: 10, nproc: {soft: 1, hard: 2}}
    stop_grace_period: 1m30s
    post_start: [{command: [a, b]}]
  joined:
    {image: busybox, network_mode: "service:plain", ipc: "service:plain", pid: "service:plain",
     volumes_from: ["plain:ro", "container:other:rw"]}
  socket: {image: busybox, use_api_socket: true, environment: {A: "1"}, volumes: [/a], configs: [c1]}
networks:
  one:
    {driver: bridge, driver_opts: {a: 1}, internal: true, enable_ipv6: true, labels: [l=1], x-n: 1,
     ipam: {config: [{subnet: 10.0.0.0/24}]}}
  two: {name: named}
volumes:
  data: {}
  used: {driver_opts: {type: none, o: bind, device: /srv/x}, labels: {a: "1"}, x-v: 1}
secrets: {s1: {file: /srv/f.txt}, s2: {environment: HOME}}
configs: {c1: {content: abc}}
"""
JOINED = {"plain": "41c9159f0effd23f71e03b6c5f82e54c4fd59fa17357415af5f6cff69d9d017b"}
SERVICES = {
    "plain": "2afd7866203dca40993313263173003833e9de9c3ad83f2f59484e32a5605234",
    "built": "8ed9276b9b43971f5e501d66147c519a039b4cf02cb7c2f3b6c3aa25e8d28823",
    "full": "d2aeca9c914644006c795ef7f2db78be29738b9852ee9a1cf8837e89b5382e77",
    "joined": "24fa7c4c93f1207fe9f898ac08cd4803e0fe4719162cd96433a99741e3c79d06",
    "socket": "56a45651bb37227dc17c9253083f0d1e7c4cb585fa5b875a6f6fe7a995f8f363",
}
NETWORKS = {
    "default": "ac03f0e35561ad01809a5e827f565adba6592424944dbdef710844d66d8253a2",
    "one": "ad6b6569247b29a6514998b76f5e4e429d62b5522424180ea26ead02ef6b4edd",
    "two": "5b23763d88d8b812cf01d68e6973e99d20937cf6a5492bdc228b8dbff7137ce2",
}
VOLUMES = {
    "data": "143a9000510040355bc843e3f333713559215dcd86939f8e4984fdfb5490ee1f",
    "used": "ee450aad3385a9884e6a3c4ecf7839313715eafec792012e56a9407b6d677027",
}
NO_SHAPE = {
    'args: {A: "1"}': 'args: {A: "2"}', "scale: 2": "scale: 3", "replicas: 2": "replicas: 3",
    "x-own: {a: 1}": "x-own: {a: 2}", "x-n: 1": "x-n: 2", "x-v: 1": "x-v: 2", "pull_policy: build": "pull_policy: always",
}  # fmt: skip

BIND = "{image: busybox, volumes: [{type: bind, source: /srv/f.txt, target: /a%s}]}"
LATER = {
    "a": ('{image: busybox, volumes: ["/srv/f.txt:/f:ro"]}', "ff091836c6accc9f1fa8369941dc9b1429209a5b914ad66995ca84ac21fa5069"),
    "c": (BIND % ", bind: {create_host_path: true}", "be47436b4408b6c1984bf1735c2709348e7dbc40969890a0d0d5095b2ef56503"),
    "d": (BIND % ", bind: {create_host_path: false}", "dde921a4df3b30dea11c80d9689790099ff1e973e1ab1e064d0de76e916fa9ce"),
    "e": (BIND % ", bind: {propagation: rslave}", "4155c478fa6f9b880d9976383b1c4a22950569c6517a253dbe6bf922d93d6aa6"),
    "f": (
        '{image: busybox, volumes: ["/srv/f.txt:/a:ro,z"]}',
        "8bcb020d5280a3ae5776ab1f1a2712171c4dd3e55fbeb356987643efccbc580d",
    ),
    "g": (BIND % ", bind: {}", "be47436b4408b6c1984bf1735c2709348e7dbc40969890a0d0d5095b2ef56503"),
    "b": (BIND % "", "6e75c476aa8e2e376491ee160ab08b92006d8756e1ffd53a4214012155505358"),
    "socket": ("{image: busybox, use_api_socket: true}", "50ae0273000ef0e49ccebc1a0eb4938a7bf32e815cdb5bbf3fe1d19a6c4d7ed6"),
}
"""What docker compose 5.7.1 labelled the containers of a service with. All else has the hash of 2.40.3: networks, volumes, what is
read from files of variables and labels."""


@pytest.mark.parametrize("changed", [False, True], ids=["as recorded", "in what shapes nothing"])
def test_containers_networks_and_volumes(tmp_path: Path, changed: bool) -> None:
    text = FILE
    for old, new in NO_SHAPE.items() if changed else ():
        assert old in text
        text = text.replace(old, new)
    project = load_text(tmp_path, text)
    assert {name: container_hash(row, JOINED) for name, row in project.services.items()} == SERVICES
    assert {name: network_hash(row) for name, row in project.networks.items()} == NETWORKS
    assert {name: volume_hash(row) for name, row in project.volumes.items()} == VOLUMES


@pytest.mark.parametrize("name", LATER)
def test_containers_of_docker_compose_5(tmp_path: Path, name: str) -> None:
    text, recorded = LATER[name]
    service = load_text(tmp_path, f"name: h\nservices: {{{name}: {text}}}\n").services[name]
    assert recorded in {container_hash(service, {}), *later_hashes(service, {})}


def test_without_binds_docker_compose_5_has_the_same_hash(tmp_path: Path) -> None:
    plain = load_text(tmp_path, "services: {a: {image: x, volumes: [data:/d]}}\nvolumes: {data: }\n").services["a"]
    assert set(later_hashes(plain, {})) <= {container_hash(plain, {})}


def test_label_files_count_beside_the_labels(tmp_path: Path) -> None:
    write(tmp_path, {"compose.yaml": "services: {a: {image: x, label_file: l.env}}\n", "l.env": "k=v\n"})
    project = load(env={}, working_directory=tmp_path)
    assert dict(project.label_files) == {"a": [str(tmp_path / "l.env")]}
    service = project.services["a"]
    assert container_hash(service, {}) == service_hash(service) != container_hash(service, {}, project.label_files["a"])


def test_bytes_that_are_no_text_have_a_hash_too() -> None:
    assert service_hash({"environment": {"A": "\udcff"}}) == service_hash({"environment": {"A": "\udcfe"}})
