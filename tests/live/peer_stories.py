"""Command lines that docker compose and perry-compose run, each on a stack of its own, with the same outcome.

A story is a stack and steps; each step is run by both, then exit status, what is compared of standard output, and the state of the
containers have to be the same. ``tests/unit/packaging/test_reference.py`` sees to it that every flag that docs/cli.md calls the
same is in a step, or in ``UNTRIED`` with its reason.
"""

from __future__ import annotations

from typing import Any, NamedTuple

SERVE = ["sh", "-c", "trap 'exit 0' TERM; echo hello; while :; do sleep 1 & wait $$!; done"]
BUILT = "FROM scratch\nARG WHAT=none\nLABEL what=$WHAT\nCOPY note /note\n"


class Step(NamedTuple):
    """A command line of both programs. out: how standard output is compared: ``no``, ``same`` (but for names of projects, ids and
    times), ``lines`` (in any order). newer: docker compose 2 has not got it; beside that only ours is run, and has to end with ``status``.
    docker: why it is run on docker alone. own: what ours has otherwise (exit status), with the reason. by_now: docker compose 5 has it as
    ours does."""

    words: str
    out: str = "no"
    newer: bool = False
    status: int = 0
    docker: str = ""
    stdin: str = ""
    own: tuple[int, str] | None = None
    by_now: bool = False


class Story(NamedTuple):
    services: dict[str, dict[str, Any]]
    steps: list[Step]
    files: dict[str, str] = {}
    sections: dict[str, Any] = {}


def do(*lines: str, **members: Any) -> list[Step]:
    return [Step(line, **members) for line in lines]


NOSUCH = (1, "a service that does not exist is an error of every command")
_ANEW = "of podman, docker compose makes all of them anew, and leaves another one"
UNASKED = (0, "no registry is asked for what is not printed")
USAGE = (2, "wrong usage is told from a failure")

TWO: dict[str, dict[str, Any]] = {
    "web": {"depends_on": ["db"], "ports": ["80"], "volumes": ["data:/data"]},
    "db": {},
    "job": {"command": ["sh", "-c", "exit 3"], "profiles": ["job"]},
}
DATA: dict[str, Any] = {"volumes": {"data": {}}}
TALK: dict[str, dict[str, Any]] = {
    "web": {"command": ["sh", "-c", "echo one; echo two; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]},
    "db": {},
}
ENDS: dict[str, dict[str, Any]] = {
    "good": {"command": ["sh", "-c", "echo good; sleep 1"]},
    "bad": {"command": ["sh", "-c", "echo bad; sleep 7; exit 7"]},
}

STORIES: dict[str, Story] = {
    "verbs": Story(
        TWO,
        [
            *do("--dry-run create", "create --no-build --pull never --quiet-pull -y", "create --no-recreate --remove-orphans"),
            *do("create --force-recreate --build", "create --scale web=2", "start", "stop -t 1 web", "start web"),
            *do("start --wait --wait-timeout 30", newer=True),
            *do("restart -t 1 --no-deps web", "restart --timeout 1"),
            *do("pause", "unpause", "pause web", "unpause web", docker="of podman, docker compose finds no paused container"),
            *do("kill -s TERM db", "start db", "kill --signal USR1 db", "kill --remove-orphans web", "rm -f web", "up -d"),
            *do("rm -f -s -v db", "rm -a --force", "up -d"),
            *do("rm -f -s web", "stop -t 1", "start"),
            Step("start web", own=(1, "what is named has to be there")),
            *do("up -d", "-p {project} -f one.yaml stop -t 1", "-p {project} -f one.yaml start", "-p {project} -f one.yaml kill", "up -d"),
            *do("scale web=3", "scale --no-deps web=1 db=1", docker=_ANEW),
            *do("stop nosuch", "start nosuch", "rm -f nosuch", "kill nosuch", "pause nosuch", "restart nosuch"),
            *do("down -t 1 -v --remove-orphans --rmi local", "down"),
        ],
        {"one.yaml": "services: {db: {image: none}}\n"},
        DATA,
    ),
    "up": Story(
        TWO,
        [
            *do("up --no-start", "--dry-run up -d", "up -d --wait --wait-timeout 60", "up -d", "up -d --no-recreate"),
            *do("up -d --force-recreate --no-deps web", "up -d --force-recreate --always-recreate-deps -t 1 web"),
            *do("up -d -V --no-build --quiet-pull --quiet-build --pull missing -y --remove-orphans", "up -d --build --pull if_not_present"),
            *do("up -d --scale web=2", "up -d web", "up --no-start --no-deps web", docker=_ANEW),
            *do("--profile job up -d", "up -d nosuch", "--parallel 1 up -d", "--progress quiet up -d", "--ansi never up -d"),
            *do("-f compose.yaml --project-directory . --env-file env up -d", "--all-resources up -d", "--workdir . --verbose up -d"),
            *do("--no-ansi ps -q", "-f none.yaml up -d", "-f wrong.yaml up -d", "--profile job down -t 1 -v"),
        ],
        {"env": "A=1\n", "wrong.yaml": "services: [\n"},
        DATA,
    ),
    "attached": Story(
        ENDS,
        [
            *do("up --menu=false", "up --force-recreate --no-log-prefix --no-color --timestamps"),
            *do("up --force-recreate --abort-on-container-exit", "up --force-recreate --abort-on-container-failure"),
            *do("up --force-recreate --exit-code-from bad", "up --force-recreate --exit-code-from good"),
            *do("up --force-recreate --attach good --no-attach bad", "up --force-recreate --attach-dependencies good"),
            *do("--compatibility ps -q"),
            *do("down -t 0"),
        ],
    ),
    "inside": Story(
        TWO,
        [
            *do("up -d --scale web=2"),
            *do("exec -T web echo hi", "exec -T --env A=b -e C=d web sh -c 'echo $A$C'", "exec -T -u 1:1 web id -u", out="same"),
            *do("exec -T -w /tmp web pwd", "exec --no-tty --workdir /bin --user 0 web pwd", "exec -T --index 2 web hostname", out="same"),
            *do("exec -T --privileged web true", "exec -d web true", "exec -T --interactive=false web echo x", out="same"),
            *do("exec -T --tty=false web cat", out="same", stdin="from here\n"),
            *do("exec -T web sh -c 'exit 5'", "exec -T web nosuch", "exec -T nosuch true", "exec -T --index 9 web true"),
            *do("stop -t 1 db", "exec -T db true", "start db"),
            *do("run --rm -T web echo hi", "run --rm -T --no-deps --entrypoint 'echo a' web b", out="same"),
            *do("run --rm -T -e A=b --env-from-file env web sh -c 'echo $A$FROM'", "run --rm -T -u 1:1 web id -u", out="same"),
            *do("run --rm -T -w /tmp web pwd", "run --rm -T -v ./env:/given web cat /given", "run --rm -Tl a=b web echo x", out="same"),
            *do("run --rm -T --name {project}-named web echo x", "run --rm -T -p 80 web echo x", "run --rm -T -P web echo x", out="same"),
            *do("run --rm -T --use-aliases web echo x", "run --rm -T --cap-add NET_RAW --cap-drop CHOWN web echo x", out="same"),
            *do("run --rm -T --build --quiet --quiet-build --quiet-pull web echo x", "run --rm -T --pull never web echo x", out="same"),
            *do("run -T web true", docker="of podman, docker compose leaves it"),
            *do("run --rm -T --remove-orphans web echo x", "run --rm -i=false -t=false web echo x", out="same"),
            *do("run --rm -T web cat", out="same", stdin="from here\n"),
            *do("run --rm -T --no-recreate web echo x", newer=True),
            *do("run -d --name {project}-left web sleep 60"),
            *do("run --rm -T web sh -c 'exit 9'", "run --rm -T job", docker="of podman, docker compose loses the status"),
            *do("run --rm -T nosuch true", "down -t 1 -v --remove-orphans"),
            Step("run --rm -T web nosuch", own=(127, "the program is not there: the status that a shell gives it")),
            *do("down -t 1 -v --remove-orphans"),
        ],
        {"env": "FROM=file\n"},
        DATA,
    ),
    "files": Story(
        TWO,
        [
            *do("up -d --scale web=2", "cp note web:/tmp/note", "cp --index 2 note web:/tmp/second", "cp -a note db:/tmp/a"),
            *do("exec -T web cat /tmp/note", "exec -T --index 2 web ls /tmp", "cp web:/tmp/note copied", "cp -L link db:/tmp/l", out="same"),
            *do("exec -T db cat /tmp/l", out="same"),
            *do("cp --all note web:/tmp/all", "exec -T --index 2 web cat /tmp/all", "cp web:/nosuch .", "cp nosuch:/x .", "cp none web:/tmp"),
            *do(
                "commit -m told -a me -c 'LABEL x=y' --pause db {project}-kept:1", "commit --index 2 web {project}-kept:2",
                docker="docker compose cannot read podman's answer",
            ),
            *do("export -o db.tar db", "export --index 2 --output web.tar web", "export nosuch", "commit nosuch x"),
            *do("down -t 1 -v"),
        ],
        {"note": "a note\n", "link": "->note"},
        DATA,
    ),
    "ends": Story(
        {
            **{name: {"command": ["sh", "-c", f"echo {name}; sleep 9; exit {code}"]} for name, code in (("ok", 0), ("seven", 7))},
            "long": {},
        },
        [
            *do("up -d", "wait seven"),
            *do("attach --no-stdin --sig-proxy=false long-nosuch", "wait nosuch", "start ok seven"),
            *do("attach --no-stdin --index 1 --detach-keys ctrl-x seven", "up -d"),
            Step("wait ok seven", own=(7, "how ended what has ended already is told"), by_now=True),
            *do("start seven", "wait --down-project seven", "wait seven", "up -d --wait ok", "down -t 0"),
        ],
    ),
    "looks": Story(
        TALK,
        [
            *do("ps", "ps -a", "ls --format json", "ls --format table"),
            *do("port web 80", "top", "images -q", "logs", "ps -q", "ls -q --filter name=^{project}$", out="same"),
            *do("up -d", "ps --format table"),
            *do("-p {project} ps --services", out="lines"),
            *do("ps --services", "ps -a --services --orphans=false", "ps --status running --services", out="lines"),
            *do("ps --filter status=running --services", out="lines"),
            *do("ps -a --format '{{.Name}} {{.State}}'", "ps --no-trunc --format '{{.Service}}'", "ls --filter name=^{project}$ -q", out="lines"),
            *do("ls -a --filter name=^{project}$ --quiet", "ps --services --status exited", "ps nosuch", "ps -q nosuch", out="lines"),
            *do("images --format json", "images web", "volumes --format json", "volumes", "top web"),
            *do("volumes -q", "images -q", "ps -q", out="lines"),
            *do("logs --no-log-prefix --no-color web", "logs --no-color web", "logs -n 1 --no-log-prefix web", out="same"),
            *do("logs --tail all --index 1 --no-log-prefix web", "logs --since 1h --no-log-prefix web", "logs --until 1h web", out="same"),
            *do("images nosuch", "top nosuch", own=NOSUCH),
            Step("events --json --since 5m --until 0s", own=(0, "the end of the time is no failure"), by_now=True),
            *do("logs -t --no-log-prefix web", "logs nosuch", "port web 81", "port nosuch 80", "port --protocol udp --index 1 web 80"),
            *do("stats --no-stream --no-trunc --format '{{.Name}}' -a", out="lines", docker="of podman it cuts names' first letters off"),
            *do("stats --all-projects --aggregate --no-stream --format json", newer=True),
            *do("stop -t 1"),
            *do("ps -a --services", "down -t 1 -v", "version --short", "version -f json"),
        ],
    ),
    "model": Story(
        {**TWO, "web": {**TWO["web"], "environment": {"A": "${A:-none}"}, "env_file": ["env"]}},
        [
            *do("config --services", "config --volumes", "config --networks", "config --images", "config --profiles", out="lines"),
            *do("config --models", "config -q", "config --variables", "config --hash db", "config --format json --quiet", out="same"),
            *do("config --environment -q", "config -o model.yaml --no-interpolate --no-normalize --no-path-resolution"),
            *do("config --no-consistency --no-env-resolution", "config nosuch", "--profile nosuch config -q"),
            *do("config --lock-image-digests -q", "config --resolve-image-digests -q", own=UNASKED),
        ],
        {"env": "B=1\n"},
        DATA,
    ),
    "images": Story(
        {
            "app": {"build": {"context": "."}, "image": "{registry}/{project}/app:1", "command": ["/note"]},
            "also": {"image": "{registry}/{project}/app:1", "depends_on": ["app"], "command": ["/note"]},
        },
        [
            *do("build", "build --no-cache --build-arg WHAT=x -m 64m", "build -q app", "build --with-dependencies also", "build nosuch"),
            *do("push -q", "push --include-deps also", "push nosuch"),
            *do("push --ignore-missing", newer=True),
            *do("pull -q --ignore-buildable", "pull --include-deps also", "pull --policy missing", "pull nosuch"),
            *do("pull --ignore-pull-failures", "pull --no-parallel --parallel=true -q"),
            *do("push --ignore-push-failures app", "build --compress --force-rm --no-rm --parallel app", "build --progress quiet app"),
            *do("build --push --pull", "images -q", "down --rmi all -v"),
        ],
        {"Dockerfile": BUILT, "note": "a note\n"},
    ),
    "usage": Story(
        TWO,
        [
            *do("nosuch", "up --nosuch", "--nosuch up", "up --pull=nosuch", "up --pull=policy", "up --wait-timeout=x", "exec", "cp one", own=USAGE),
            *do("up --help", "-h", "--version", "-v"),
            *do("-f empty.yaml up -d", "-f empty.yaml start", "ls --format bogus", "images --format bogus"),
            *do("config -q --services", out="lines"),
        ],
        {"empty.yaml": "services: {}\n"},
    ),
}  # fmt: skip

_GOES_ON = "it goes on until it is interrupted: tests/live/test_cli_watch.py"
_BUILDX = "docker compose has buildx do it, which is no part of what these tests get"
UNTRIED: dict[tuple[str, str], str] = {
    **{("watch", flag): _GOES_ON for flag in ("no-up", "prune", "quiet")},
    ("up", "watch"): _GOES_ON,
    (
        "logs",
        "follow",
    ): "it goes on as long as containers run, which is over for each at another time: tests/live/test_cli_life.py",
    **{("build", flag): _BUILDX for flag in ("builder", "check", "print", "provenance", "sbom")},
}
"""Flags that are the same, and are not in a step, with the reason."""
