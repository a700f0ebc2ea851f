"""Writes what follows from the ABI table, the models and the table of drivers: ``python -m perry_ffi.abi.generate [--check] [ROOT]``.

``--check`` writes nothing and exits with 1, naming the files, where one differs from a fresh generation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from perry_ffi.abi import backend_names, dispatch, header, readme, shims, typescript
from perry_ffi.abi.wit import package as wit

ROOT = Path(__file__).resolve().parents[3]


def outputs(root: Path = ROOT) -> dict[Path, str]:
    """Every generated file below ``root`` and its text."""
    abi = root / "src/perry_ffi/abi"
    package = root / "packages/perry-container"
    return {
        root / "include/perry_container.h": header.header(),
        abi / "c/exports/generated_shims.c": shims.shims(),
        abi / "c/runtime/operations.h": shims.operations_header(),
        abi / "c/base/backend_names.h": backend_names.c_header(),
        abi / "c/exports/exports.map": shims.exports_map(),
        abi / "perry_container.cdef": header.declarations(),
        abi / "rows.py": shims.rows_module(),
        abi / "c/perry/generated_forwards.c": typescript.forwards(),
        package / "src/raw.ts": typescript.raw_module(),
        package / "package.json": typescript.package_json((package / "package.json").read_text()),
        root / "codegen_tables/perry_container_tables.c": dispatch.c_tables(),
        root / "codegen_tables/perry_container_tables.json": dispatch.json_tables(),
        root / "codegen_tables/perry_container_tables.rs": dispatch.rust_tables(),
        root / "codegen_tables/perry_container_wit.json": wit.names_in_json(),
        **{root / "wit" / name: text for name, text in wit.files().items()},
        root / "README.md": readme.readme((root / "README.md").read_text()),
    }


def stale(root: Path = ROOT) -> list[Path]:
    """The generated files that differ from a fresh generation."""
    return [path for path, text in outputs(root).items() if not path.exists() or path.read_text() != text]


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    root = Path(next((a for a in arguments if not a.startswith("--")), ROOT))
    differing = stale(root)
    for path in differing:
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(outputs(root)[path])
        print(("differs: " if check else "wrote ") + str(path.relative_to(root)))
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
