"""Errors of this room: where before what, and the place in the file found only when it is needed.

Passes raise ``fault(path, what)``; the loader adds file, line and column with
``placed``. No error text ever quotes a value of the environment.
"""

from __future__ import annotations

from perry_ffi.errors import ContainerError, ValidationError
from perry_ffi.model.bounds import MAX_NODES


def fault(path: str, what: str, expected: str | None = None) -> ValidationError:
    """A ValidationError at ``path`` in the document (empty for the document itself).

    ``what`` is the defect in one sentence, ``expected`` what would be right.
    """
    wanted = f" (expected {expected})" if expected else ""
    return ValidationError(f"{path}: {what}{wanted}" if path else f"{what}{wanted}", path=path or None, expected=expected)


def too_many_values() -> ValidationError:
    """The ValidationError of a project that is larger than it may be."""
    return fault("", f"the project has more than {MAX_NODES:,} values and is refused")


def placed(error: ContainerError, file: str, text: str | bytes | None) -> ContainerError:
    """``error`` with file, line and column in front; unchanged if it already names a file.

    ``text`` is the file's content, read again to find the line of the error's path.
    """
    if "file" in error.details:
        return error
    line, column = error.details.get("line"), error.details.get("column")
    if line is None and text is not None and error.details.get("path"):
        from perry_ffi.compose.locate import locate

        line, column = locate(text, error.details["path"]) or (None, None)
    where = file if line is None else f"{file}:{line}:{column}"
    details = {**error.details, "file": file, "line": line, "column": column}
    return type(error)(f"{where}: {error.message}", **details)
