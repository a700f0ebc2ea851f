"""The compiler: zig's clang for glibc 2.17, whatever glibc this machine has, and the tools that write C.

Nothing of where things lie gets into what is made: paths are mapped to short names, and dates to one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.static.places import LOCK, ROOT, alone, cache, digest, quietly
from scripts.static.tools import tools

TARGET = "x86_64-linux-gnu.2.17"
RUST_TARGET = "x86_64-unknown-linux-gnu"
# Any date will do, if it is always the same.
EPOCH = "1704067200"
# TLS by initial-exec: __tls_get_addr would be 5 % of a start. The segment is small enough for dlopen.
FLAGS = ["-O2", "-fPIC", "-fvisibility=hidden", "-fno-semantic-interposition", "-ftls-model=initial-exec"]
FLAGS += ["-ffunction-sections", "-fdata-sections", "-DNDEBUG"]


def _zig() -> Path:
    [found] = tools().folder().glob("lib/python*/site-packages/ziglang/zig")
    return found


# cargo's cc crate adds a --target in LLVM's spelling, which zig does not read.
_COMPILER = """#!/bin/sh
for word; do
    shift
    case $word in --target=*) ;; *) set -- "$@" "$word" ;; esac
done
exec {zig} cc -target {target} -g0 -fno-sanitize=undefined -Wno-date-time {maps} "$@"
"""


def key() -> str:
    """What a compiled part depends on beside its recipe and its sources."""
    return digest(TARGET, EPOCH, FLAGS, _COMPILER, LOCK["tools"]["ziglang"])


def programs() -> Path:
    """A folder with ``perry-cc`` and ``perry-ar``: these words, and no path, end up in what records its compiler."""
    maps = " ".join(f"-ffile-prefix-map={path}=." for path in (cache(), ROOT))
    texts = {
        "perry-cc": _COMPILER.format(zig=_zig(), target=TARGET, maps=maps),
        "perry-ar": f'#!/bin/sh\nexec {_zig()} ar "$@"\n',
    }
    # One for each checkout, which share the cache.
    folder = cache() / f"bin-{digest(*texts.values())[:16]}"
    if not folder.exists():
        _write(texts, folder)
    return folder


def _write(scripts: dict[str, str], folder: Path) -> None:
    with alone("bin"):
        if folder.exists():
            return
        unfinished = folder.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for name, text in scripts.items():
            (unfinished / name).write_text(text)
            (unfinished / name).chmod(0o755)
        unfinished.rename(folder)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a build runs in: this machine's programs and ours, and nothing else of the user's settings for compilers."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CFLAGS", "LDFLAGS", "CPPFLAGS", "RUST", "PYTHON")) or name.startswith("RUSTUP_")
    }
    fixed = {
        "PATH": f"{programs()}:{os.environ['PATH']}",
        "CC": "perry-cc",
        "AR": "perry-ar",
        "RANLIB": "true",
        "SOURCE_DATE_EPOCH": EPOCH,
        "ZIG_GLOBAL_CACHE_DIR": str(cache() / "zig"),
        "ZIG_LOCAL_CACHE_DIR": str(cache() / "zig"),
        "LC_ALL": "C",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
    }
    return {**kept, **fixed, **(more or {})}


def run(command: list[str], cwd: Path | None = None, **more: str) -> str:
    return quietly(command, cwd=cwd, env=environment(more))


def make(folder: Path, *goals: str) -> None:
    run(["make", f"-j{os.cpu_count()}", *goals], cwd=folder)


def compile_all(sources: list[Path], folder: Path, *flags: str) -> list[Path]:
    """Object files of C and assembler sources, in ``folder``, named by the source and its folder."""
    folder.mkdir(parents=True, exist_ok=True)

    def one(source: Path) -> Path:
        target = folder / f"{source.parent.name}-{source.stem}.o"
        run(["perry-cc", "-c", *FLAGS, *flags, str(source), "-o", str(target)])
        return target

    with ThreadPoolExecutor(os.cpu_count()) as workers:
        return list(workers.map(one, sources))


def archive(target: Path, objects: list[Path]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    run(["perry-ar", "rcsD", str(target), *map(str, objects)])


def binutils(name: str) -> str:
    """GNU's program of this name: zig has no ld -r with its options, and no objcopy that localises symbols."""
    path = shutil.which(name)
    if path is None:
        sys.exit(f"static: {name} is not there (Debian: apt-get install binutils)")
    return path


def version_of(program: str) -> str:
    try:
        return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        sys.exit(f"static: {program} is not there or does not run")
