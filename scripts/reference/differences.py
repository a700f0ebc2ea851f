"""Where ``perry-compose`` is not as docker compose, written by hand: each difference with its reason.

A flag that is there with the same kind and the same letter is the same unless it stands here.
"""

from __future__ import annotations

COMING: frozenset[str] = frozenset()
"""Commands that are not whole yet."""

BELOW = "the whole command is not offered"

NOT_OFFERED: dict[tuple[str, str], str] = {
    (
        "",
        "insecure-registry",
    ): "it is for files in registries, which are not read; a registry without TLS is the engine's own setting",
}
"""Flags that there are not: why, and what is done instead. The command is empty for those before it."""

DIFFERS: dict[tuple[str, str], str] = {
    ("build", "builder"): "only default: images are built by the engine's own builder",
    ("build", "check"): "refused by name: an engine's build API checks no definitions",
    ("build", "memory"): "warned of: no engine bounds the memory of a build here",
    (
        "build",
        "provenance",
    ): "only false: an engine's build API attests nothing; docker buildx bake does, with what --print prints",
    ("build", "sbom"): "only false: an engine's build API attests nothing; docker buildx bake does, with what --print prints",
    ("kill", "remove-orphans"): "removes orphans, and does not only kill them",
    ("up", "menu"): "taken, and no menu is shown: every key stays the terminal's own",
    (
        "exec",
        "env",
    ): "a bare name that has no value here leaves the variable as it is in the container (there it is taken away)",
    ("down", "volumes"): "of services that are named, what the files give to another service, too, stays",
    ("logs", "index"): "also of no service, and then of each (there it is refused)",
    ("run", "label"): "a bare name is a label without a value",
    ("run", "tty"): "without a terminal it is no error, as for exec",
    ("run", "volume"): "an option that there is not is refused",
    ("config", "output"): "takes what --services and its like print, too (there they print it all the same)",
    ("build", "ssh"): "given more than once, each counts, and not the last alone",
    ("", "dry-run"): "says each step with its cause, and marks nothing as done",
    (
        "",
        "progress",
    ): "plain lines come once, when something began and ended, with seconds; json has what kind of thing it is and why",
}
"""Flags that there are, and that do not do quite the same."""

_PROFILES = "also containers of services whose profile is not enabled, as down"

COMMANDS: dict[str, str] = {
    "kill": _PROFILES,
    "pause": f"{_PROFILES}; what is paused already is no error",
    "unpause": f"{_PROFILES}; what is not paused is no error",
    "restart": f"{_PROFILES}; says which services have another configuration in the files by now",
    "start": f"{_PROFILES}; a service that is named and has no container is an error, and nothing starts (there it is passed over "
    "where the project has another container)",
    "stop": _PROFILES,
    "": "wrong usage ends with 2 (there with 1), also a value that a flag has not where it counts as none there (--ansi, pull --policy, "
    "ps --status, port --protocol, version --format, logs --tail); seconds may have a fraction, and are not below 0; "
    "SIGTERM with 143 and a closed terminal with 129, in the same good order as Ctrl-C; a service that does not exist is an error (1) also "
    "where there are no files (there down, stop, kill and rm end with 0), and of up --no-attach; with --project-name or "
    "COMPOSE_PROJECT_NAME files that are merely found and cannot be read are warned of (there nothing is said)",
    "down": "also containers of services whose profile is not enabled, and those of run: they are the project's",
    "events": "--until reached is no failure: 0 (with 2.40.3: 1)",
    "build": "says what is built on standard error, as everywhere (there plain lines go to standard output)",
    "commit": "prints the id of the image",
    "exec": "--detach: a program that is not there: 127, as without it (there 1)",
    "images": "a service that does not exist is an error (1), as everywhere",
    "port": "an engine that gives no address is one that publishes on all: 0.0.0.0 is written out",
    "rm": f"{_PROFILES}; says what is removed on standard error, as everywhere (there on standard output)",
    "run": "a program that is not there: 127, as a shell has it (there 1)",
    "top": "a service that does not exist is an error (1), as everywhere",
    "wait": "what has ended already tells its exit code at once (with 2.40.3: 1)",
    "up": "what has ended by itself with 0 is a job that is done, and is not run again (--force-recreate does); a failure is put back "
    "(--no-rollback leaves it as it is); what is paused goes on; what configs and secrets carry counts, too: other content makes "
    "containers anew; a volume whose definition changed is kept and told (there it is asked, and with --yes the data is lost); a job "
    "that others wait for may end with 0, and --abort-on-container-exit and --exit-code-from go on; the service of --exit-code-from "
    "counts also where only others are named; after Ctrl-C the status is 130 also at a terminal; all logs are on standard output "
    "(there what containers say on standard error is on standard error)",
}
"""What is otherwise about a whole command."""
