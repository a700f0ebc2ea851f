"""Fills a build folder: ``make_site.py FOLDER``, run by the virtual environment's Python.

Beside the shared object go ``site`` (the Python packages that it runs, byte-compiled, and the tables of their start, and nothing
else), ``include`` and ``pkgconfig``. The folder can be moved as a whole: it holds copies, and byte code that is not tied to dates.
"""

from __future__ import annotations

import compileall
import filecmp
import importlib.metadata
import py_compile
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "perry-container"
TABLES = PurePosixPath("perry_ffi/interpreter/start.tables")
# The finder of the static form, which has no folder.
CARRIED = PurePosixPath("perry_ffi/interpreter/carried.py")
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH

# cffi's compiled back end is all that runs; the package itself only writes C. Of rich the live display alone runs, and that needs
# no highlighting of code and no Markdown; of pydantic its core.
NOTHING = re.compile(r"(?!)")
ONLY = {
    "cffi": re.compile(r"_cffi_backend.*"),
    **dict.fromkeys(
        ("pycparser", "markdown-it-py", "mdurl", "pygments", "pydantic", "annotated-types", "typing-inspection"), NOTHING
    ),
}
# Never run: command line tools, editors' files, byte code of another place.
LEFT_OUT = re.compile(r"(^|/)(\.\.|__pycache__)/|\.(pyi|pyc)$|/py\.typed$")
LICENCE = re.compile(r"[^/]+\.dist-info/(.*/)?(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)


def runtime_distributions() -> list[importlib.metadata.Distribution]:
    """What the project needs to run, and what that needs, by the metadata of what is installed."""
    from packaging.requirements import Requirement

    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [PROJECT]
    while waiting:
        distribution = importlib.metadata.distribution(waiting.pop())
        for text in distribution.requires or []:
            requirement = Requirement(text)
            name = requirement.name.lower().replace("_", "-")
            if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                found[name] = importlib.metadata.distribution(name)
                waiting.append(name)
    return [found[name] for name in sorted(found)]


def files_of(distribution: importlib.metadata.Distribution) -> Iterator[tuple[Path, PurePosixPath]]:
    """Each file to copy and its place in the site folder."""
    name = distribution.metadata["Name"].lower().replace("_", "-")
    for file in distribution.files or []:
        path = PurePosixPath(file.as_posix())
        source = Path(str(distribution.locate_file(file)))
        if LICENCE.match(path.as_posix()):
            yield source, PurePosixPath("licenses", name, path.name)
        elif ".dist-info/" in path.as_posix() or LEFT_OUT.search(path.as_posix()):
            continue
        elif name not in ONLY or ONLY[name].fullmatch(path.as_posix()):
            yield source, path


def own_files() -> Iterator[tuple[Path, PurePosixPath]]:
    """The project's own modules and data, and the word that they are typed, for the type checker of a host that is Python."""
    source = ROOT / "src"
    for path in sorted([*source.glob("perry_ffi/**/*.py"), *source.glob("perry_ffi/**/*.json")]):
        place = PurePosixPath(path.relative_to(source).as_posix())
        if place != CARRIED:
            yield path, place
    yield source / "perry_ffi/py.typed", PurePosixPath("perry_ffi/py.typed")
    yield ROOT / "LICENSE", PurePosixPath("licenses", PROJECT, "LICENSE")


def mirror(wanted: dict[PurePosixPath, Path], folder: Path) -> None:
    """Makes ``folder`` hold the wanted files, what is made of them, and nothing else; what is right is left alone."""
    kept = {folder / place for place in wanted} | {folder / TABLES}
    for place, source in wanted.items():
        target = folder / place
        if target.is_symlink() or not target.exists() or not filecmp.cmp(source, target, shallow=False):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
            _byte_code(target).unlink(missing_ok=True)
        if place.suffix == ".py":
            kept.add(_byte_code(target))
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink()


def _byte_code(source: Path) -> Path:
    tag = sys.implementation.cache_tag
    return source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"


def compile_new(folder: Path) -> list[Path]:
    """Byte-compiles what has no byte code yet, and gives what does not compile.

    Unchecked: moving or copying the folder leaves the byte code valid.
    """
    failed = []
    for source in folder.rglob("*.py"):
        if not _byte_code(source).exists():
            place = str(source.parent.relative_to(folder))
            if not compileall.compile_file(source, ddir=place, quiet=1, invalidation_mode=UNCHECKED):
                failed.append(source)
    return failed


def make_tables(site: Path, python: str = sys.executable) -> None:
    """Makes the tables anew where a file is newer, or another Python made them. python: of the version that will run them."""
    command = [python, "-I", "-S", ROOT / "scripts/make_tables.py", site]
    made = (site / TABLES).stat().st_mtime_ns if (site / TABLES).exists() else 0
    newer = any(path.stat().st_mtime_ns > made for path in [command[3], *site.rglob("*.py"), *site.rglob("*.so")])
    if newer or subprocess.run([*command, "--check"], check=False).returncode:
        subprocess.run(command, check=True)


def main(folder: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from build_ffi import pkg_config_file

    site = folder / "site"
    wanted = {place: source for source, place in own_files()}
    for distribution in runtime_distributions():
        wanted.update({place: source for source, place in files_of(distribution)})
    mirror(wanted, site)
    failed = compile_new(site)
    mirror({PurePosixPath("perry_container.h"): ROOT / "include/perry_container.h"}, folder / "include")
    (folder / "pkgconfig").mkdir(exist_ok=True)
    (folder / "pkgconfig/perry_container.pc").write_text(pkg_config_file(library="..", include="../include"))
    if failed:
        sys.exit(f"make_site: does not compile: {', '.join(map(str, failed))}")
    make_tables(site)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
