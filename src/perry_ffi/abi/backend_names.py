"""What the C side knows of engines before Python runs, and the README's table of them: from the table of drivers."""

from __future__ import annotations

from collections.abc import Iterator

from perry_ffi import drivers

NOTICE = "/* Generated from src/perry_ffi/drivers.py by `make generate`; do not edit. */"
BEGIN = "<!-- backends: generated from the table of drivers -->"
END = "<!-- end of backends -->"
_PLATFORMS = {"darwin": "__APPLE__"}
"""The compiler's name for a platform that has an order of its own."""


def c_header() -> str:
    """The order of each platform, and the engines whose server the environment may name."""
    named = [(row.name, variable) for row in drivers.SERVERS for variable in row.variables]
    servers = ",\n".join(f'    {{"{name}", "{variable.name}", "{variable.none}"}}' for name, variable in named)
    return "\n".join(
        [
            NOTICE,
            "#ifndef PERRY_BACKEND_NAMES_H",
            "#define PERRY_BACKEND_NAMES_H",
            "",
            *_orders(),
            "",
            "/* Where the order in force has none of them, the first counts. none: a value that names no server. */",
            "static const struct {",
            "    const char *name, *variable, *none;",
            "} perry_named_servers[] = {",
            f"{servers},",
            "};",
            "",
            "#endif",
            "",
        ]
    )


def _orders() -> Iterator[str]:
    word = "#if"
    for platform, macro in _PLATFORMS.items():
        yield f"{word} defined({macro})"
        yield _order(platform)
        word = "#elif"
    yield "#else"
    yield _order("linux")
    yield "#endif"


def _order(platform: str) -> str:
    return f'#define PERRY_BACKEND_ORDER "{",".join(drivers.order(platform))}"'


def table() -> str:
    """The Markdown table of engines, in the order in which they are tried."""
    head = "| engine | tried on | driven | a server of it |\n|---|---|---|---|\n"
    return head + "\n".join(_row(row) for row in drivers.ROWS)


def _row(row: drivers.Row) -> str:
    names = {"darwin": "macOS", "": "none, but where it is named"}
    platforms = ", ".join(names[name] for name in row.platforms) or "every platform"
    variable = ", ".join(f"`{variable.name}`" for variable in row.variables) or "–"
    return f"| `{row.name}` | {platforms} | {'yes' if row.driver else 'not yet'} | {variable} |"
