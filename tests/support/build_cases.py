"""Directories with Dockerfiles, and what a build publishes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

TEXT = "FROM x\nCOPY . /app/\n"
I = ".dockerignore"  # noqa: E741


@dataclass
class Case:
    """published: what docker compose 2.40.3 published of this directory when it was tried, but for ``file`` and folders.

    Its BuildKit refuses a Dockerfile that is a link to the outside; there it is what it published with the classic builder.
    """

    files: dict[str, str]
    published: str
    dockerfile: str | None = None
    links: dict[str, str] = field(default_factory=dict)
    inline: str | None = None
    classic: bool = True
    """Whether docker's classic builder can publish just that."""

    def write(self, root: Path, text: str = TEXT) -> str | None:
        """Makes the directory. text: of the Dockerfile. The inline Dockerfile, if that is what it is."""
        for name, content in {"file": "f", **self.files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text if content == TEXT else content)
        for name, target in self.links.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(target)
        return text if self.inline else None

    def expected(self) -> tuple[list[str], list[str]]:
        """Files and folders that are published, by their paths."""
        files = sorted(["file", *self.published.split()])
        parents = {str(parent) for name in files for parent in Path(name).parents} - {"."}
        return files, sorted(parents)


CASES = {
    "plain": Case({"Dockerfile": TEXT}, "Dockerfile"),
    "ignored": Case({"Dockerfile": TEXT, I: "Dockerfile\n"}, I),
    "ignored with its rules": Case({"Dockerfile": TEXT, I: f"Dockerfile\n{I}\n"}, ""),
    "all but one": Case({"Dockerfile": TEXT, I: "*\n!file\n", "a": ""}, ""),
    "in a folder": Case({"Docker/D": TEXT, "Docker/other": ""}, "Docker/D Docker/other", "Docker/D"),
    "in a folder that is ignored": Case({"Docker/D": TEXT, I: "Docker/\n"}, I, "Docker/D", classic=False),
    "in a folder that is ignored, unseen rules": Case({"Docker/D": TEXT, I: f"Docker/\n{I}\n"}, "", "Docker/D"),
    "in a folder of which something comes back": Case(
        {"Docker/D": TEXT, "Docker/keep": "", I: "Docker\n!Docker/keep\n"}, f"{I} Docker/keep", "Docker/D", classic=False
    ),
    "link": Case({"Docker/D": TEXT, I: "Docker/\n"}, f"{I} L", "L", {"L": "Docker/D"}, classic=False),
    "link without rules": Case({"Docker/D": TEXT}, "Docker/D L", "L", {"L": "Docker/D"}),
    "link that is ignored": Case({"Docker/D": TEXT, I: "L\n"}, f"{I} Docker/D", "L", {"L": "Docker/D"}, classic=False),
    "chain": Case(
        {"Docker/D": TEXT, I: "Docker\n"}, f"{I} A B sub/C", "A", {"A": "B", "B": "sub/C", "sub/C": "../Docker/D"}, classic=False
    ),
    "link to the outside": Case({"../D": TEXT}, "L", "L", {"L": "../D"}),
    "below a link": Case({"../real/D": TEXT}, "dl", "dl/D", {"dl": "../real"}),
    "below a link, ignored": Case({"real/D": TEXT, I: "real\n"}, f"{I} dl", "dl/D", {"dl": "real"}, classic=False),
    "outside": Case({"../D": TEXT}, "", "../D"),
    "outside, with rules": Case({"../D": TEXT, "../D.dockerignore": "a\n", I: "b\n", "a": "", "b": ""}, f"{I} b", "../D", classic=False),
    "inline": Case({"Dockerfile": "FROM nothing\n"}, "Dockerfile", inline=TEXT),
    "inline, all but one": Case({I: "*\n!file\n", "a": ""}, "", inline=TEXT),
    "inline beside rules": Case({I: "a\n", "a": "", "Dockerfile.dockerignore": "file"}, f"{I} Dockerfile.dockerignore", inline=TEXT, classic=False),
    "rules of its own": Case({"D": TEXT, "D.dockerignore": "a\n", I: "b\n", "a": "", "b": ""}, f"{I} D D.dockerignore b", "D"),
    "rules of its own against the others": Case(
        {"D": TEXT, "D.dockerignore": "a\n", I: f"D\n{I}\n", "a": ""}, f"{I} D D.dockerignore", "D", classic=False
    ),
    "rules of its own that hide it": Case(
        {"D": TEXT, "D.dockerignore": "D\nD.dockerignore\n", I: "b\n", "b": ""}, f"{I} b", "D", classic=False
    ),
    "rules of its own that hide all": Case({"D": TEXT, "D.dockerignore": "*\n!file\n", I: "!D\n"}, "", "D"),
    "rules that are a folder": Case({"Dockerfile": TEXT, f"{I}/x": ""}, f"{I}/x Dockerfile", classic=False),
    "rules that are a link to a folder": Case({"Dockerfile": TEXT, "d/x": ""}, f"{I} Dockerfile d/x", links={I: "d"}, classic=False),
    "rules that are a link to themselves": Case({"Dockerfile": TEXT}, f"{I} Dockerfile", links={I: I}, classic=False),
    "others that lead out": Case({"Dockerfile": TEXT}, "Dockerfile l sub/l", None, {"l": "../x", "sub/l": "../../y"}),
}  # fmt: skip
