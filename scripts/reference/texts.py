"""What is said once of the whole program: exit status, variables."""

from __future__ import annotations

EXIT_STATUS = [
    ("0", "done, or nothing to do"),
    ("1", "an error: no file, a file that is wrong, no such service, no engine, a service that failed"),
    (
        "2",
        "wrong usage: an unknown command or flag, or what is not offered; plan: something would change; update --check: there is something newer",
    ),
    ("126", "exec: the program may not be run"),
    ("127", "exec, run: the program is not there"),
    ("129, 130, 143", "interrupted: the terminal was closed (SIGHUP), Ctrl-C (SIGINT), SIGTERM"),
    ("that of a container", "exec, run, wait, test; up with --exit-code-from or --abort-on-container-failure"),
]

VARIABLES = [
    ("COMPOSE_FILE", "the Compose files, as --file; parted by : or by COMPOSE_PATH_SEPARATOR"),
    ("COMPOSE_PROJECT_NAME", "the project's name, as --project-name"),
    ("COMPOSE_PROFILES", "the profiles, as --profile; parted by commas"),
    ("COMPOSE_ENV_FILES", "the env files, as --env-file; parted by commas"),
    ("COMPOSE_DISABLE_ENV_FILE", "true: no .env is read"),
    ("COMPOSE_ANSI", "as --ansi"),
    ("COMPOSE_PROGRESS", "as --progress"),
    ("COMPOSE_PARALLEL_LIMIT", "as --parallel"),
    ("COMPOSE_COMPATIBILITY", "true: as --compatibility"),
    ("COMPOSE_REMOVE_ORPHANS, COMPOSE_IGNORE_ORPHANS", "true: orphans are removed, or not spoken of"),
    (
        "COMPOSE_CONVERT_WINDOWS_PATHS",
        "without effect: paths are those of the machine that the program runs on, and that is no Windows",
    ),
    ("COMPOSE_STATUS_STDOUT", "without effect: standard output carries results alone"),
    ("COMPOSE_MENU", "without effect: no menu is shown"),
    (
        "COMPOSE_BAKE, COMPOSE_EXPERIMENTAL",
        "without effect: images are built by the engine's own builder; nothing is experimental",
    ),
    ("NO_COLOR, CLICOLOR, CLICOLOR_FORCE", "whether there are colours"),
    ("DOCKER_HOST, DOCKER_CONTEXT, CONTAINER_HOST, CONTAINER_CONNECTION", "where the engine is"),
    ("PERRY_CONTAINER_BACKEND", "which engines are asked, in this order"),
]
