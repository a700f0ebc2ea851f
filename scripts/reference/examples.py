"""Examples of each command, written by hand: what is typed, and what it does. Tests read each line as the program would."""

from __future__ import annotations

EXAMPLES: dict[str, list[tuple[str, str]]] = {
    "up": [
        ("perry-compose up", "brings the project up and shows its logs; Ctrl-C stops it"),
        ("perry-compose up -d --wait", "leaves it running, and returns when everything is ready"),
        ("perry-compose up -d --build api", "builds the image of api anew, and brings up api and what it depends on"),
        ("perry-compose --dry-run up", "says what would be done"),
    ],
    "down": [
        ("perry-compose down", "stops and removes the project's containers and networks; its volumes stay"),
        ("perry-compose down -v --rmi local", "also the volumes, with what is in them, and images that were built here"),
        ("perry-compose -p shop down", "the project shop, whatever lies in this folder"),
    ],
    "create": [("perry-compose create", "makes the containers, and starts none")],
    "start": [("perry-compose start --wait db", "starts the containers of db, and returns when they are ready")],
    "stop": [("perry-compose stop -t 30", "gives each container 30 seconds to end by itself")],
    "restart": [("perry-compose restart --no-deps api", "restarts api, and nothing that depends on it")],
    "pause": [("perry-compose pause worker", "holds its processes where they are")],
    "unpause": [("perry-compose unpause worker", "lets them go on")],
    "kill": [("perry-compose kill -s HUP proxy", "sends a signal to the containers of proxy")],
    "rm": [("perry-compose rm -s -f job", "stops job and removes its containers without asking")],
    "scale": [("perry-compose scale worker=3", "three containers of worker, no more and no less")],
    "watch": [("perry-compose watch", "brings up, and carries changes of files into the containers as develop.watch says")],
    "run": [
        (
            "perry-compose run --rm api python manage.py migrate",
            "one command in a container of its own; its status is the program's",
        ),
        ("perry-compose run -T --rm api sh -c 'cat' < dump.sql", "without a terminal, with a file as its standard input"),
    ],
    "exec": [
        ("perry-compose exec db psql -U postgres", "a program in a container that runs"),
        ("perry-compose exec -T --index 2 worker cat /etc/hostname", "in the second one, without a terminal"),
    ],
    "attach": [("perry-compose attach --no-stdin api", "the container's own output, as it comes")],
    "cp": [
        ("perry-compose cp api:/srv/report.txt .", "out of a container"),
        ("perry-compose cp config/. api:/etc/app", "what is in a folder, into it"),
    ],
    "commit": [("perry-compose commit -m 'as of today' db backup/db:today", "makes an image of the container as it is")],
    "export": [("perry-compose export -o db.tar db", "the container's files as an archive")],
    "wait": [("perry-compose wait job", "returns when job ends, with its status")],
    "logs": [
        ("perry-compose logs -f --tail 20 api worker", "their last lines, and those to come"),
        ("perry-compose logs --since 10m --no-log-prefix api", "what it said in the last ten minutes, without names"),
    ],
    "ps": [
        ("perry-compose ps -a", "the containers, also those that have ended"),
        ("perry-compose ps --format json", "the same for a program: an object a line"),
    ],
    "ls": [("perry-compose ls -a", "every project on this engine")],
    "images": [("perry-compose images --format json", "the images of the containers, as an array")],
    "top": [("perry-compose top api", "the processes in its containers")],
    "port": [("perry-compose port web 80", "where port 80 of web can be reached")],
    "stats": [("perry-compose stats --no-stream", "what containers use, once")],
    "events": [("perry-compose events --json", "what happens to the project's containers, an object a line")],
    "volumes": [("perry-compose volumes", "the project's volumes")],
    "build": [
        ("perry-compose build --pull --no-cache", "builds the images anew, from new base images"),
        ("perry-compose build --build-arg VERSION=2 api", "with an argument of the Dockerfile"),
    ],
    "pull": [("perry-compose pull --ignore-buildable", "images that a registry has, and not those that are built here")],
    "push": [("perry-compose push api", "to the registry that its name says")],
    "config": [
        ("perry-compose config", "the whole model, as it is after variables, extends and includes"),
        ("perry-compose config -q", "only whether the files are right: by the exit status"),
        ("perry-compose config --images", "the images that it takes"),
    ],
    "plan": [
        ("perry-compose plan", "what up would do, step by step, and why; 2 where something would change"),
        ("perry-compose plan -o change.json", "the same, kept for apply"),
    ],
    "apply": [
        ("perry-compose apply change.json", "does exactly that plan, or nothing where the engine or the files changed since")
    ],
    "why": [("perry-compose why api", "which member of its configuration changed, and why it is not ready")],
    "graph": [("perry-compose graph --format mermaid", "what depends on what")],
    "update": [("perry-compose update --check", "whether there are newer images; without the flag they are pulled and applied")],
    "test": [("perry-compose test api pytest -q", "up, one command in api, down; its status is the program's")],
    "trust": [
        ("perry-compose trust check", "which rule the image of each service falls under, and why"),
        ("perry-compose trust show IMAGE --key cosign.pub", "its signatures, and what is wrong with each"),
    ],
    "doctor": [("perry-compose doctor", "what keeps each engine from work, and the command that mends it")],
    "version": [("perry-compose version --short", "the number only")],
    "completion": [
        ("perry-compose completion bash --install", "into your own folder of bash-completion"),
        ("perry-compose completion zsh", "the script, to be read by source <(...)"),
    ],
}
