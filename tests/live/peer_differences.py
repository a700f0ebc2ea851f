"""What commands that look say otherwise than docker compose, and why. A member that is not named here has the same value."""

from __future__ import annotations

READS: dict[tuple[str, str], str] = {
    ("ps", "Labels"): "docker compose writes them in another order each time; ours are sorted",
    ("ps", "Mounts"): "ours are sorted; docker tells them in another order each time",
    ("ps", "Publishers"): "ours are sorted by port and address",
    (
        "ps",
        "Engine",
    ): "the name of the engine that holds the container, where docker compose leaves it empty (2.40 has no such member)",
    ("ps", "RunningFor"): "counted when it is written",
    (
        "ps",
        "Status",
    ): "the engine's words, asked a moment apart; health stands in them also where the engine's list leaves it out",
    (
        "ps",
        "Health",
    ): "where the engine itself runs no probes, it is told as far as it is known, and an old word of the engine is not",
    ("volumes", "Labels"): "as for ps",
    ("events", "attributes"): "labels of the project are left out, also ours; of what runs inside, its command is never told",
    ("events", "action"): "exec_create and exec_start stand without the command, which may hold a secret",
    ("stats", "CPUPerc"): "sampled at another moment, as all that is counted here",
    ("version", "version"): "it is another program's",
}
"""By command and member of its JSON."""
ON_PODMAN: dict[tuple[str, str], str] = {
    ("ps", "Ports"): "podman names no address of a port that is published on all of them, and docker compose takes it for none",
    ("images", "LastTagTime"): "podman tells the moment of the question",
    ("stats", "Name"): "docker compose cuts the first character off, which is a slash on docker alone",
}
"""The same of podman, where docker compose reads docker's answers into what podman says."""
OWN: dict[str, tuple[str, ...]] = {"ps": ("Engine", "FailingStreak", "OneOff", "Replica"), "images": ("Created",)}
"""Members that follow those of docker compose 2.40; ``Engine`` and ``Created`` are in 5.7."""
STATUS: dict[str, str] = {
    "wrong usage": "2 where docker compose has 1, as other programs have it",
    "--status STATE": "a state that there is not is wrong usage; docker compose lists nothing",
    "stats SERVICE": "any number of services; docker compose takes one",
    "top, port": "they have --format, which docker compose has not",
    "port PRIVATE_PORT": "80/udp is taken as well as --protocol udp",
    "events --until": "0 at the end that was asked for; docker compose 2.40 says EOF and ends with 1",
    "ls, images": "--format takes a Go template, too",
}
"""What command lines and exit statuses are otherwise."""
