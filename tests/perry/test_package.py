"""The TypeScript package: what its tools say of it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from perry_ffi.abi import typescript
from perry_ffi.abi.table import OPERATIONS
from tests.perry.root import EXAMPLES, PACKAGE, PROGRAMS, ROOT, Debian13

SOURCES = ROOT / "packages/perry-container"
STRICT = [
    "--noEmit", "--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--noUnusedLocals",
    "--noPropertyAccessFromIndexSignature", "--noImplicitReturns", "--target", "es2022", "--module", "esnext",
    "--moduleResolution", "bundler", "--lib", "es2022,esnext.disposable", "--types", "node",
]  # fmt: skip


def test_the_compilers_own_check_of_the_package_passes(root: Debian13) -> None:
    assert "manifest matches" in root.check(["perry", "native", "validate", "--no-build"], PACKAGE)


def test_declarations_are_what_the_sources_say(root: Debian13) -> None:
    place = root.folder("declarations")
    root.check(["tsc", "-p", PACKAGE, "--outDir", f"{place}/types"])
    fresh = {path.name: path.read_text() for path in root.inside(f"{place}/types").iterdir()}
    assert fresh == {path.name: path.read_text() for path in (SOURCES / "types").iterdir()}


def test_strict_checking_accepts_the_package_the_programs_and_the_examples(root: Debian13) -> None:
    place = root.folder("strict")
    sources = [*sorted(PROGRAMS.glob("*.ts")), *sorted(EXAMPLES.rglob("*.ts"))]
    for source in sources:
        shutil.copyfile(source, root.inside(place) / source.name)
    shutil.copyfile(Path(__file__).parent / "node.d.ts", root.inside(place) / "node.d.ts")
    documented = re.search(r"^```ts\n(.*?)^```", (ROOT / "docs/workloads.md").read_text(), re.MULTILINE | re.DOTALL)
    assert documented is not None
    (root.inside(place) / "documented_graph.ts").write_text(documented[1])
    types = [argument for argument in STRICT if argument not in ("--types", "node")]
    root.check(["tsc", *types, "node.d.ts", "documented_graph.ts", *(source.name for source in sources)], place)


def test_wrong_use_is_refused_by_the_types(root: Debian13) -> None:
    place = root.folder("wrong")
    wrong = root.inside(place) / "wrong.ts"
    wrong.write_text('import { run } from "perry-container";\nrun({ imagee: "x" });\nrun({ image: 7 });\n')
    types = [argument for argument in STRICT if argument not in ("--types", "node")]
    done = root.run(["tsc", *types, "wrong.ts"], place)
    assert done.returncode != 0
    assert "wrong.ts(2," in done.stdout and "wrong.ts(3," in done.stdout


def test_misspelt_names_of_graphs_do_not_compile(root: Debian13) -> None:
    """Each line of the program that has a mark is refused with the mark's code and words, and no other line is."""
    place = root.folder("misspelt")
    program = Path(__file__).parent / "types/graphs.ts"
    shutil.copyfile(program, root.inside(place) / "graphs.ts")
    shutil.copyfile(Path(__file__).parent / "node.d.ts", root.inside(place) / "node.d.ts")
    types = [argument for argument in STRICT if argument not in ("--types", "node")]
    done = root.run(["tsc", *types, "--pretty", "false", "node.d.ts", "graphs.ts"], place)
    told = re.findall(r"^(\S+)\((\d+),\d+\): error TS(\d+): (.*(?:\n .*)*)", done.stdout, re.MULTILINE)
    assert {file for file, *_ in told} == {"graphs.ts"}, done.stdout
    marks = {
        number: (found[1], found[2])
        for number, line in enumerate(program.read_text().splitlines(), 1)
        if (found := re.search(r"//! (\d+) (.*)", line))
    }
    assert {int(line): code for _, line, code, _ in told} == {line: code for line, (code, _) in marks.items()}
    assert [text for _, line, _, text in told if marks[int(line)][1] not in text] == []


def test_every_operation_is_in_the_manifest_and_in_the_raw_module() -> None:
    manifest = json.loads((SOURCES / "package.json").read_text())
    names = [row["name"] for row in manifest["perry"]["nativeLibrary"]["functions"]]
    assert names == [typescript.typescript_symbol(op) for op in OPERATIONS]
    raw = (SOURCES / "src/raw.ts").read_text()
    called = "".join(path.read_text() for path in (SOURCES / "src").glob("*.ts") if path.name != "raw.ts")
    for name in names:
        assert f"declare function {name}(" in raw
        assert f"{name.removeprefix('js_')}(" in called, f"{name} has no place in the typed layer"
