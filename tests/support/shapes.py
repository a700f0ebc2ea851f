"""Projects of any size in a few shapes, as the texts of their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

LAYER = 20
REPLICAS = 2
IMAGES = 50


def flat(number: int) -> Iterator[str]:
    """Nobody depends on anybody."""
    return iter(())


def chain(number: int) -> Iterator[str]:
    """Each depends on the one before it."""
    return iter([f"s{number - 1}"] if number else ())


def layers(number: int) -> Iterator[str]:
    """Layers of 20, each service depends on all of the layer before."""
    first = (number // LAYER - 1) * LAYER
    return (f"s{other}" for other in (range(first, first + LAYER) if number >= LAYER else ()))


SHAPES: dict[str, Callable[[int], Iterator[str]]] = {"flat": flat, "chain": chain, "layers": layers}
"""By name: those that a service depends on, by its number."""


def compose_file(shape: str, services: int, *, links: bool = False, images: int = 50, volumes: int = 100) -> str:
    """The text of a Compose file of so many services, each of two containers. links: each links the one before it.

    images, volumes: how many of them they share.
    """
    rows = ["name: p\nservices:\n"]
    for number in range(services):
        rows.append(
            f"  s{number}:\n    image: app{number % images}\n    scale: {REPLICAS}\n    command: [serve, --number, '{number}']\n"
            f"    environment: {{LEVEL: info, NUMBER: '{number}'}}\n    labels: {{tier: t{number % 7}}}\n    ports: ['80']\n"
            f"    networks: [front, back]\n    volumes: ['v{number % volumes}:/data']\n    restart: always\n"
        )
        if links and number:
            rows.append(f"    links: ['s{number - 1}:before']\n")
        needs = "".join(f"      {other}: {{condition: service_started}}\n" for other in SHAPES[shape](number))
        rows.append(f"    depends_on:\n{needs}" if needs else "")
    rows.append("networks:\n  front:\n  back:\nvolumes:\n" + "".join(f"  v{n}:\n" for n in range(min(services, volumes))))
    return "".join(rows)
