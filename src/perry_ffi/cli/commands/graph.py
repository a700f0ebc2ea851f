"""``perry-compose graph``: who depends on whom, and on which condition."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import out, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``graph``."""

    service: list[str]
    format: str
    images: bool
    networks: bool
    ports: bool


COMMAND = Command(
    "graph",
    "show who depends on whom, and on which condition",
    (
        Flag(
            "format", "tree, dot (Graphviz), mermaid, json", kind=TEXT, default="tree", words=("tree", "dot", "mermaid", "json")
        ),
        Flag("images", "with images"),
        Flag("networks", "with networks"),
        Flag("ports", "with ports"),
    ),
    (SERVICES,),
    engine=False,
    more="Services that are named are shown with all that they depend on. JSON has images, networks and ports in any case.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the graph; no engine is asked. Raises ContainerError."""
    from perry_ffi.cli.engine import load_project
    from perry_ffi.cli.show import graph as show
    from perry_ffi.service.graph import graph

    project = load_project(arguments, invocation, arguments.service)
    found = graph(project.selected(arguments.service))
    if arguments.format == "json":
        import json

        out(json.dumps(found, indent=2) + "\n")
        return 0
    shown = show.Shown(images=arguments.images, networks=arguments.networks, ports=arguments.ports)
    lines = {"tree": show.tree, "dot": show.dot, "mermaid": show.mermaid}[arguments.format](found, shown)
    out("".join(f"{plain(line)}\n" for line in lines))
    return 0
