"""``perry-compose trust``: which rule the images of a project fall under, and which signatures an image has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.cli import table
from perry_ffi.cli.table import TEXT, TEXTS, Command, Flag, Operand
from perry_ffi.cli.terminal import out, plain, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.verification import Verification
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``trust check`` and ``trust show``."""

    project: list[str]
    image: str
    key: list[str]
    format: str


_FORMAT = Flag("format", "form of the answer", kind=TEXT, default="table", words=("table", "json"))

COMMAND = Command(
    "trust",
    "signatures of images: policies and what they say",
    below=(
        Command(
            "check",
            "say which rule each service falls under, and why",
            (_FORMAT,),
            (Operand("project", "FILE", many=True, completes="files"),),
            run="run_check",
            more="FILE: Compose files, in place of --file.",
        ),
        Command(
            "show",
            "list the signatures of an image, and what is wrong with each",
            (Flag("key", "a key to check with, too (repeat for more)", kind=TEXTS, value="FILE", completes="files"), _FORMAT),
            (Operand("image", least=1),),
            run="run_show",
        ),
    ),
)


def run_check(arguments: Arguments, invocation: Invocation) -> int:
    """Print a row for each service and policy; 1 where an image would be refused whatever its signatures are."""
    from perry_ffi.cli.engine import load_project, table
    from perry_ffi.service import trust

    arguments.file = arguments.project or arguments.file
    project = load_project(arguments, invocation)
    rows = _with_client(invocation, lambda client: trust.rules_of(client, project))
    if arguments.format == "json":
        _json(rows)
    elif rows:
        out(table(rows, ("service", "image", "rule", "mode", "policy", "why")))
    else:
        say(f"{project.name}: nobody asks for signatures: no policy of the machine, none in the file")
    return 1 if any(row["mode"] == "refused" for row in rows) else 0


def run_show(arguments: Arguments, invocation: Invocation) -> int:
    """Print every signature; 1 where the image is not signed as is asked."""
    from perry_ffi.service import trust

    found = _with_client(invocation, lambda client: trust.show(client, arguments.image, arguments.key))
    if arguments.format == "json":
        _json(found.model_dump(by_alias=True, exclude_none=True))
    else:
        out("".join(f"{plain(line)}\n" for line in lines(found)))
    return 0 if found.verified else 1


def lines(found: Verification) -> list[str]:
    """The signatures as a person reads them."""
    rows = [
        found.reference,
        f"  digest   {found.digest or '-'}",
        f"  rule     {found.rule or '-'}  ({found.policy or 'no policy'})",
    ]
    rows += [f"  ✔ {one['format']} {_short(one['id'])}  {signed(one)}{_log(one)}" for one in found.signatures]
    rows += [f"  ✘ {one['format']} {_short(one['id'])}  {one['reason']}: {one['message']}" for one in found.refused]
    rows.append("  verified" if found.verified else f"  not verified: {found.why}")
    return rows


def signed(one: Mapping[str, Any]) -> str:
    """Who, when, and with which annotations."""
    from perry_ffi.service.trust import signer

    said = "".join(f" {key}={value}" for key, value in sorted((one.get("annotations") or {}).items()))
    when = f", {one['signedAt']}" if one.get("signedAt") else ""
    return f"signed by {signer(one)}{when}{said}"


def _log(one: Mapping[str, Any]) -> str:
    return f", entry {one['log']['index']} of {one['log']['url']}" if one.get("log") else ""


def _short(ident: str) -> str:
    return f"{ident[:11]}…{ident[-4:]}" if len(ident) > 24 else ident


def _json(value: Any) -> None:
    import json

    out(json.dumps(value, indent=2) + "\n")


def _with_client(invocation: Invocation, work: Callable[[Client], Awaitable[Any]]) -> Any:
    from perry_ffi.cli.engine import with_engine

    return with_engine(invocation, work, progress=False)
