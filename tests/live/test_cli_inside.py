"""The commands of ``perry-compose`` that work inside containers, on real engines: in pipes, and in a real terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live.peer import peer_command
from tests.live.stack_support import SERVE, Stacks, environ, nothing_of, stacks  # noqa: F401
from tests.live.test_cli import PROGRAM

pytestmark = pytest.mark.anyio
BOUND = 60.0


class Ran:
    """How a program ended."""

    def __init__(self, words: tuple[str, ...], code: int, out: bytes, err: bytes) -> None:
        self.words, self.code, self.out, self.err = words, code, out, err

    def __repr__(self) -> str:
        return f"{self.words}: {self.code}, {self.out[-2000:]!r}, {self.err[-2000:]!r}"


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, command: list[str], columns: int, rows: int, **options: Any) -> None:
        self.ours, its = pty.openpty()
        termios.tcsetwinsize(self.ours, (rows, columns))
        self.before = termios.tcgetattr(its)
        self._its = its
        self.process = subprocess.Popen(
            command, stdin=its, stdout=its, stderr=its, start_new_session=True, preexec_fn=_take_terminal, **options
        )
        self.said = b""

    def until(self, words: bytes) -> None:
        """Reads until ``words`` are on the screen."""
        end = time.monotonic() + BOUND
        while words not in self.said:
            assert time.monotonic() < end and self._more(1.0) is not None, self.said

    def _more(self, seconds: float) -> bytes | None:
        if not select.select([self.ours], [], [], seconds)[0]:
            return b""
        try:
            found = os.read(self.ours, 65536)
        except OSError:
            return None
        self.said += found
        return found or None

    def type(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def resize(self, columns: int, rows: int) -> None:
        termios.tcsetwinsize(self.ours, (rows, columns))

    def ends(self) -> int:
        """The exit code; the terminal has to be as it was."""
        end = time.monotonic() + BOUND
        while self.process.poll() is None:
            self._more(0.1)
            assert time.monotonic() < end, self.said
        while self._more(0.1):
            pass
        assert termios.tcgetattr(self._its) == self.before, "the terminal is as it was"
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)
        os.close(self._its)


def _take_terminal() -> None:
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Shell:
    """The program beside a Compose file, in pipes or in a terminal."""

    def __init__(self, stacks: Stacks, services: dict[str, Any], **sections: Any) -> None:
        self.folder: Path = stacks.folder
        self.stacks = stacks
        self._environ = {**environ(stacks.engine, stacks.folder), "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
        (self.folder / "compose.yaml").write_text(json.dumps(stacks.spec(services, **sections)))

    def ask(self, *words: str, stdin: bytes | None = b"", program: list[str] = PROGRAM, **env: str) -> Ran:
        done = subprocess.run(
            [*program, *words], cwd=self.folder, env={**self._environ, **env}, input=stdin, capture_output=True, timeout=120,
            check=False,
        )  # fmt: skip
        return Ran(words, done.returncode, done.stdout, done.stderr)

    def run(self, *words: str, stdin: bytes = b"", **env: str) -> bytes:
        """What it says; it has to succeed."""
        ran = self.ask(*words, stdin=stdin, **env)
        assert ran.code == 0, ran
        return ran.out

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen([*PROGRAM, *words], cwd=self.folder, env=self._environ, stdin=pipe, stdout=pipe, stderr=pipe)

    @contextmanager
    def terminal(self, *words: str, columns: int = 80, rows: int = 24) -> Iterator[Terminal]:
        found = Terminal([*PROGRAM, *words], columns, rows, cwd=self.folder, env=self._environ)
        try:
            yield found
        finally:
            found.close()

    def peer(self, *words: str, stdin: bytes = b"") -> Ran | None:
        """What docker compose does, where it is there and the engine is docker."""
        command = peer_command()
        if command is None or self.stacks.engine.name != "docker":
            return None
        return self.ask(*words, stdin=stdin, program=command, DOCKER_HOST=self.stacks.engine.host, HOME=os.environ["HOME"])

    def begin_peer(self, *words: str) -> subprocess.Popen[bytes] | None:
        """The same of docker compose."""
        command = peer_command()
        if command is None or self.stacks.engine.name != "docker":
            return None
        env = {**self._environ, "DOCKER_HOST": self.stacks.engine.host, "HOME": os.environ["HOME"]}
        return subprocess.Popen([*command, *words], cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def same_code(self, *words: str, stdin: bytes = b"") -> int:
        """The exit code, which is docker compose's too."""
        ours, theirs = self.ask(*words, stdin=stdin), self.peer(*words, stdin=stdin)
        assert theirs is None or ours.code == theirs.code, (ours, theirs)
        return ours.code


async def test_exec_in_pipes(stacks: Stacks) -> None:
    shell = Shell(stacks, {"web": {"environment": {"WHERE": "service"}, "scale": 2}, "idle": {}})
    shell.run("up", "-d", "web")
    assert shell.run("exec", "-T", "web", "echo", "-n", "a b") == b"a b"
    assert shell.run("exec", "web", "cat", stdin=b"\x00\xff\n" * 100_000) == b"\x00\xff\n" * 100_000
    assert shell.run("exec", "web", "sh", "-c", "cat >/dev/null; echo ended", stdin=b"x") == b"ended\n"
    apart = shell.ask("exec", "web", "sh", "-c", "echo out; echo err >&2")
    assert (apart.out, apart.err) == (b"out\n", b"err\n")
    said = shell.run("exec", "-e", "A=1", "-e", "FROM_HERE", "-w", "/tmp", "-u", "1000:5", "web", "sh", "-c",
                     "echo $A $FROM_HERE $WHERE; pwd; id -u; id -g; test -t 0 || echo no terminal", FROM_HERE="here")  # fmt: skip
    assert said == b"1 here service\n/tmp\n1000\n5\nno terminal\n"
    names = [shell.run("exec", "--index", number, "web", "hostname") for number in ("1", "2")]
    assert names[0] != names[1]
    more = shell.ask("exec", "--privileged", "web", "sh", "-c", "grep CapEff /proc/self/status")
    plain = shell.run("exec", "web", "sh", "-c", "grep CapEff /proc/self/status")
    assert more.out != plain, "more rights, or a word on why this machine has none to give"
    assert shell.run("exec", "-d", "web", "sh", "-c", "sleep 0.2; echo late >/tmp/late") == b""
    assert shell.same_code("exec", "web", "sh", "-c", "exit 5") == 5
    assert shell.same_code("exec", "-T", "idle", "true") == 1
    assert shell.same_code("exec", "nosuch", "true") == 1
    assert shell.same_code("exec", "--index", "9", "web", "true") == 1
    missing = shell.ask("exec", "web", "/no/such/program")
    assert missing.code in (126, 127), missing
    assert shell.same_code("exec", "web", "/no/such/program") in (126, 127)
    assert shell.run("exec", "web", "cat", "/tmp/late") == b"late\n"


async def test_exec_in_a_terminal(stacks: Stacks) -> None:
    shell = Shell(stacks, {"web": {}})
    shell.run("up", "-d")
    with shell.terminal("exec", "web", "sh", columns=91, rows=33) as terminal:
        terminal.until(b"# ")
        terminal.type(b"until stty size; do sleep 0.1; done; echo is''open\r")
        terminal.until(b"isopen")
        assert b"33 91" in terminal.said
        terminal.resize(123, 45)
        terminal.type(b"sleep 0.5; stty size\r")
        terminal.until(b"45 123")
        terminal.type(b"trap 'echo int''errupted' INT; echo se''t\r")
        terminal.until(b"set")
        terminal.type(b"\x03\r")
        terminal.until(b"interrupted")
        terminal.type(b"exit 7\r")
        assert terminal.ends() == 7
    with shell.terminal("exec", "-T", "web", "sh", "-c", "test -t 0 || echo bare") as terminal:
        terminal.until(b"bare")
        assert terminal.ends() == 0
    with shell.terminal("exec", "web", "sh", "-c", "echo up; sleep 600") as terminal:
        terminal.until(b"up")
        terminal.type(b"\x10\x11")
        assert terminal.ends() == 0, "the keys that leave it"
    with shell.terminal("exec", "web", "sh", "-c", "echo up; sleep 600") as terminal:
        terminal.until(b"up")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ends() in (130, 143)


async def test_a_reader_that_goes_away(stacks: Stacks) -> None:
    shell = Shell(stacks, {"web": {}})
    shell.run("up", "-d")
    process = shell.begin("exec", "web", "yes")
    assert process.stdout is not None
    process.stdout.read(100_000)
    process.stdout.close()
    assert process.wait(BOUND) == 1
    process = shell.begin("exec", "web", "cat")
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=BOUND)
    assert process.returncode == 130 and b"Traceback" not in said


async def test_run_in_pipes(stacks: Stacks) -> None:
    shell = Shell(
        stacks, {"job": {"command": ["echo", "own"], "depends_on": ["db"], "environment": {"A": "1"}, "ports": ["80"]}, "db": {}}
    )
    assert shell.run("run", "--rm", "job") == b"own\n"
    assert [row["Service"] for row in rows(shell)] == ["db"], "what it depends on is up, and it is gone"
    (shell.folder / "more.env").write_text("B=2\nC=file\n")
    said = shell.run("run", "--rm", "--no-deps", "-e", "C=3", "--env-from-file", "more.env", "-w", "/tmp", "-u", "0:7", "--name",
                     f"{stacks.prefix}-mine", "-l", "x=y", "-v", f"{shell.folder}:/here:ro", "--cap-drop", "NET_RAW",
                     "--entrypoint", "sh -c", "job", "echo $A $B $C; pwd; id -g; cat /here/more.env")  # fmt: skip
    assert said == b"1 2 3\n/tmp\n7\nB=2\nC=file\n"
    assert shell.run("run", "--rm", "-T", "job", "cat", stdin=b"\x00\xff\n" * 50_000) == b"\x00\xff\n" * 50_000
    apart = shell.ask("run", "--rm", "job", "sh", "-c", "echo out; echo err >&2")
    assert apart.out == b"out\n" and apart.err.endswith(b"err\n")
    assert shell.same_code("run", "--rm", "job", "sh", "-c", "exit 9") == 9
    assert shell.ask("run", "--rm", "job", "/no/such/program").code == 127
    assert shell.ask("run", "job", "/no/such/program").code == 127
    assert shell.same_code("run", "nosuch") == 1
    assert shell.ask("run", "-P", "-p", "80", "job").code == 2
    assert [row["Service"] for row in rows(shell)] == ["db"], ("nothing is left of any", rows(shell))
    ident = shell.run("run", "-d", "-q", "--name", f"{stacks.prefix}-bg", "-p", "127.0.0.1::81", "job", "sleep", "600")
    assert ident == b""
    ident = shell.run("run", "-d", "--rm", "job", "sh", "-c", "sleep 1").decode().strip()
    assert len(ident) == 64
    assert shell.ask("run", "--rm", "--dry-run", "job").code == 0
    shell.run("down", "-t", "0", "--remove-orphans")
    assert nothing_of(stacks.engine, stacks.prefix)


def rows(shell: Shell) -> list[dict[str, Any]]:
    """What ``ps`` knows of all containers, those of ``run`` too."""
    found = shell.stacks.ask("/containers/json?all=1")
    own = [row for row in found if row["Labels"].get("com.docker.compose.project") == shell.stacks.prefix]
    return [
        {"Service": row["Labels"]["com.docker.compose.service"], "State": row["State"], "Command": row["Command"]} for row in own
    ]


async def test_run_in_a_terminal_and_signals(stacks: Stacks) -> None:
    shell = Shell(stacks, {"job": {"stop_grace_period": "1s"}})
    with shell.terminal("run", "--rm", "job", "sh", columns=91, rows=33) as terminal:
        terminal.until(b"# ")
        terminal.type(b"until stty size; do sleep 0.1; done; echo is''open\r")
        terminal.until(b"isopen")
        assert b"33 91" in terminal.said
        terminal.type(b"exit 4\r")
        assert terminal.ends() == 4
    for number, name in ((signal.SIGINT, "INT"), (signal.SIGTERM, "TERM")):
        process = shell.begin(
            "run", "--rm", "-T", "job", "sh", "-c", f"trap 'echo got; exit 3' {name}; echo up; while :; do sleep 0.1; done"
        )
        assert process.stdout is not None and process.stdout.readline() == b"up\n"
        process.send_signal(number)
        out, said = process.communicate(timeout=BOUND)
        assert (process.returncode, out) == (3, b"got\n"), said
    with shell.terminal("run", "--rm", "job", "sh", "-c", "echo up; exec sleep 2") as terminal:
        terminal.until(b"up")
        terminal.type(b"\x10\x11")
        assert terminal.ends() == 0
    end = time.monotonic() + BOUND
    while rows(shell):
        assert time.monotonic() < end, "the engine removes what was left"
        time.sleep(0.2)


def heard(process: subprocess.Popen[bytes], line: bytes) -> None:
    """Reads until a line is said."""
    assert process.stdout is not None
    while (found := process.stdout.readline()) != line:
        assert found, process.communicate(timeout=BOUND)


async def test_attach(stacks: Stacks) -> None:
    talks = [
        "sh",
        "-c",
        "trap 'echo hup' HUP; echo begin; while read line; do echo got $$line; test $$line = end && exit 6; done; sleep 600",
    ]
    shell = Shell(stacks, {"tty": {"command": talks, "tty": True, "stdin_open": True}, "open": {"command": talks, "stdin_open": True},
                           "deaf": {"command": ["sh", "-c", "trap 'echo hup' HUP; while :; do echo tick; sleep 0.2; done"]}})  # fmt: skip
    shell.run("up", "-d")
    with shell.terminal("attach", "tty") as terminal:
        time.sleep(2)
        terminal.type(b"one\r")
        terminal.until(b"got one")
        terminal.type(b"\x10\x11")
        assert terminal.ends() == 0
    with shell.terminal("attach", "--detach-keys", "ctrl-a,z", "tty") as terminal:
        time.sleep(2)
        terminal.type(b"\x01z")
        assert terminal.ends() == 0
    assert shell.ask("attach", "open", stdin=b"two\nend\n").code == 6
    assert shell.same_code("attach", "open") == 1
    assert shell.ask("attach", "--detach-keys", "nokey", "deaf").code == 2
    process = shell.begin("attach", "--no-stdin", "deaf")
    heard(process, b"tick\n")
    process.send_signal(signal.SIGHUP)
    heard(process, b"hup\n")
    shell.run("kill", "deaf")
    process.communicate(timeout=BOUND)
    assert process.returncode == 137
    shell.run("start", "deaf")
    process = shell.begin("attach", "--sig-proxy=false", "deaf")
    heard(process, b"tick\n")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=BOUND)
    assert process.returncode in (130, 143)
    assert [row["State"] for row in rows(shell) if row["Service"] == "deaf"] == ["running"]


async def test_wait(stacks: Stacks) -> None:
    later = ["sh", "-c", "while ! test -e /tmp/go; do sleep 0.1; done; exit 7"]
    shell = Shell(stacks, {"bad": {"command": later}, "good": {"command": ["sleep", "600"], "stop_grace_period": "1s"}})
    shell.run("up", "-d")
    process, theirs = shell.begin("wait", "bad"), shell.begin_peer("wait", "bad")
    time.sleep(3)
    shell.run("exec", "bad", "touch", "/tmp/go")
    out, _ = process.communicate(timeout=BOUND)
    assert theirs is None or (theirs.communicate(timeout=BOUND)[0] == out and theirs.returncode == 7)
    assert process.returncode == 7 and out.startswith(b'container "') and out.endswith(b"exited with status code 7\n")
    ended = shell.ask("wait", "bad")
    assert (ended.code, ended.out) == (7, out), "what has ended tells it at once, as with docker compose 5"
    assert shell.same_code("wait", "nosuch") == 1
    process = shell.begin("wait", "--format", "json", "--down-project", "good")
    time.sleep(2)
    shell.run("kill", "good")
    out, _ = process.communicate(timeout=BOUND)
    assert process.returncode == 137 and json.loads(out)["ExitCode"] == 137 and json.loads(out)["Service"] == "good"
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_commit_and_export(stacks: Stacks) -> None:
    shell = Shell(stacks, {"web": {}, "off": {}})
    shell.run("up", "-d", "web")
    shell.run("up", "--no-start", "off")
    shell.run("exec", "web", "sh", "-c", "echo mine >/made")
    name = f"{stacks.prefix}-made:one"
    ident = shell.run("commit", "-a", "me", "-m", "why", "-c", "ENV MADE=yes", "-c", "LABEL a=b", "web", name).decode().strip()
    assert ident.startswith("sha256:")
    document = stacks.ask(f"/images/{name}/json")
    assert "MADE=yes" in document["Config"]["Env"] and document["Author"] == "me" and document["Id"] == ident
    assert stacks.asked("DELETE", f"/images/{name}?force=1")[0] == 200
    nameless = shell.run("commit", "-p=false", "off").decode().strip()
    assert stacks.asked("DELETE", f"/images/{nameless}?force=1")[0] == 200
    import io
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(shell.run("export", "web"))) as tar:
        assert "made" in {member.name.lstrip("./") for member in tar.getmembers()}
    assert shell.run("export", "-o", "all.tar", "off") == b""
    assert tarfile.is_tarfile(shell.folder / "all.tar")
    assert [path.name for path in shell.folder.glob("all.tar*")] == ["all.tar"]
    assert shell.ask("export", "-o", "no/such/folder.tar", "web").code == 1
    with shell.terminal("export", "web") as terminal:
        assert terminal.ends() == 2 and b"not written to a terminal" in terminal.said
    assert shell.same_code("export", "nosuch") == 1
    assert shell.same_code("commit", "nosuch") == 1


async def test_cp(stacks: Stacks) -> None:
    shell = Shell(stacks, {"web": {"scale": 2, "user": "user"}, "off": {}})
    shell.run("up", "-d", "web")
    shell.run("up", "--no-start", "off")
    tree = shell.folder / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / "file").write_bytes(b"\x00text" * 100_000)
    (tree / "below/other").write_text("other")
    (tree / "link").symlink_to("file")
    (tree / "file").chmod(0o640)
    os.chown(tree / "file", 1000, 1001)
    shell.run("cp", "tree", "web:/tmp")
    look = "cd /tmp/tree; stat -c '%n %a %u:%g' file below/other; readlink link; wc -c <file"
    for index in ("1", "2"):
        assert (
            shell.run("exec", "-u", "0", "--index", index, "web", "sh", "-c", look)
            == b"file 640 1000:1001\nbelow/other 644 0:0\nfile\n500000\n"
        )
    # An old docker does not find a container's own user; docker compose says the same there.
    if shell.same_code("cp", "-a", "--index", "1", "tree/file", "web:/tmp/new") == 0:
        assert shell.run("exec", "web", "stat", "-c", "%u:%g", "/tmp/new") == b"1000:1000\n"
    assert shell.ask("exec", "--index", "2", "web", "test", "-e", "/tmp/new").code == 1
    for words, there in ((("tree/.", "off:/tmp"), "/tmp/below"), (("tree", "off:/renamed"), "/renamed/below"),
                         (("tree/.", "off:/made"), "/made/below"), (("-L", "tree/link", "off:/tmp/l"), "/tmp/l")):  # fmt: skip
        shell.run("cp", *words)
        shell.run("cp", f"off:{there}", "got")
        got = shell.folder / "got"
        assert (got / "other").read_text() == "other" if got.is_dir() else got.stat().st_size == 500_000
        subprocess.run(["rm", "-r", got], check=True)
    for words in (("nosuch", "web:/tmp"), ("tree", "web:/etc/passwd"), ("tree/file", "web:/no/such"), ("tree/file", "web:/no/"),
                  ("tree/file/", "web:/tmp"), ("web:/nosuch", "x"), ("web:/etc/passwd", "no/such/x"), ("web:/tmp/tree", "compose.yaml"),
                  ("nosuch:/x", "y"), ("--index", "9", "web:/tmp", "y")):  # fmt: skip
        ours = shell.ask("cp", *words)
        assert ours.code == 1 and ours.err, ours
    assert shell.ask("cp", "a", "b").code == 2 and shell.ask("cp", "web:/a", "off:/b").code == 2
    shell.run("cp", "web:/tmp/tree", "out")
    assert sorted(path.relative_to(shell.folder / "out").as_posix() for path in (shell.folder / "out").rglob("*")) == [
        "below", "below/other", "file", "link"]  # fmt: skip
    assert (shell.folder / "out/file").stat().st_uid == os.geteuid() and os.readlink(shell.folder / "out/link") == "file"
    assert (shell.folder / "out/file").stat().st_mode & 0o777 == 0o640
    shell.run("cp", "-a", "web:/tmp/tree/.", "out")
    assert (shell.folder / "out/file").stat().st_uid == 1000
    archive = shell.run("cp", "web:/tmp/tree", "-")
    shell.run("exec", "web", "mkdir", "/tmp/again")
    shell.run("cp", "--index", "1", "-", "web:/tmp/again", stdin=archive)
    assert shell.run("exec", "web", "cat", "/tmp/again/tree/below/other") == b"other"
    assert shell.ask("cp", "-", "web:/tmp/again/none", stdin=archive).code == 1
    with shell.terminal("cp", "web:/tmp/tree", "-") as terminal:
        assert terminal.ends() == 2


async def test_cp_as_docker_compose_has_it(stacks: Stacks, docker_compose: None) -> None:
    """The same names for the same words, in and out."""
    if stacks.engine.name != "docker":
        pytest.skip("docker compose is compared on docker")
    services = {"a": {}}
    shell, handle = Shell(stacks, services), await stacks.up(stacks.spec(services))
    (shell.folder / "tree/below").mkdir(parents=True)
    (shell.folder / "tree/below/x").write_text("x")
    (shell.folder / "one").write_text("one")
    (shell.folder / "link").symlink_to("one")
    inside = [("tree", "/t"), ("tree/", "/t"), ("tree/.", "/t"), ("tree", "/t/there"), ("tree/.", "/t/there"), ("one", "/t/f"),
              ("one", "/t/there"),
              ("one", "/t/there/"), ("one", "/t/none/"), ("link", "/t/l"), ("tree", "/t/none/x"), ("tree", "/t/none"),
              ("one", "/t/toThere")]  # fmt: skip
    ready = "rm -rf /t; mkdir -p /t/there; ln -s there /t/toThere; echo f >/t/f"
    for source, target in inside:
        found = []
        for ask in (shell.ask, shell.peer):
            await stacks.out(handle, "a", "sh", "-c", ready)
            ran = ask("cp", source, f"a:{target}")
            assert ran is not None
            look = "cd /t; find . | sort | xargs ls -lnd | awk '{print $1,$3,$4,$9,$11}'"
            found.append((ran.code, await stacks.out(handle, "a", "sh", "-c", look)))
        assert found[0] == found[1], (source, target, found)
    await stacks.out(handle, "a", "sh", "-c", ready + "; mkdir -p /t/d/e; echo x >/t/d/e/x; ln -s /t/d /t/abs")
    for source, target in [("/t/d", "o"), ("/t/d", "o/there"), ("/t/d/.", "o"), ("/t/d/.", "o/new"), ("/t/f", "o"), ("/t/f", "o/new"),
                           ("/t/f", "o/new/"),
                           ("/t/abs", "o"), ("/t/abs/", "o"), ("/t/d", "o/new"), ("/t/f", "o/g"), ("/t/d", "o/g")]:  # fmt: skip
        found = []
        for ask in (shell.ask, shell.peer):
            subprocess.run("rm -rf o; mkdir -p o/there; echo g >o/g", shell=True, cwd=shell.folder, check=True)
            ran = ask("cp", f"a:{source}", target)
            assert ran is not None
            names = subprocess.run("find o | sort", shell=True, cwd=shell.folder, check=True, capture_output=True).stdout
            found.append((ran.code, names))
        assert found[0] == found[1], (source, target, found)


async def test_logs(stacks: Stacks) -> None:
    says = "for n in 1 2 3; do echo $$0 $$n; sleep 0.05; done; printf '\\033[2J\\033[1mbold\\n'; sleep 600"
    services = {name: {"command": ["sh", "-c", says, name]} for name in ("api", "longer")}
    shell = Shell(stacks, {**services, "api": {**services["api"], "scale": 2}})
    shell.run("up", "-d")
    while shell.run("logs").count(b"bold") < 3:
        time.sleep(0.2)
    lines = shell.run("logs").decode().splitlines()
    assert {line.partition("|")[0] for line in lines} == {"api-1    ", "api-2    ", "longer-1 "} and len(lines) == 12
    assert "longer-1 | longer 2" in lines and "api-2    | \x1b[2J\x1b[1mbold" in lines
    assert shell.run("logs", "--index", "2", "--no-log-prefix", "api") == b"api 1\napi 2\napi 3\n\x1b[2J\x1b[1mbold\n"
    assert shell.run("logs", "-n", "1", "--index=1", "api") == b"api-1 | \x1b[2J\x1b[1mbold\n"
    assert len(shell.run("logs", "--tail", "2").splitlines()) == 6 == len(shell.run("logs", "--tail=-1", "api").splitlines()) - 2
    records = [json.loads(line) for line in shell.run("logs", "--format", "json", "-t").splitlines()]
    assert len(records) == 12 and records == sorted(records, key=lambda row: row["time"])
    assert {tuple(sorted(row)) for row in records} == {
        ("container", "replica", "service", "stream", "text", "time")}  # fmt: skip
    middle = next(row["time"] for row in records if row["text"] == "longer 2")
    stamped = shell.run("logs", "-t", "--no-log-prefix", "longer").decode().splitlines()
    assert f"{middle} longer 2" in stamped
    assert (
        shell.run("logs", "--since", "2999-01-01T00:00:00Z") == b"" and len(shell.run("logs", "--until", "0s").splitlines()) == 12
    )
    assert shell.same_code("logs", "nosuch") == 1 and shell.ask("logs", "--index", "9", "api").code == 1
    assert shell.ask("logs", "--tail", "few").code == 2
    with shell.terminal("logs") as terminal:
        assert terminal.ends() == 0
        assert b"\x1b[2J" not in terminal.said and b"\x1b[1mbold\x1b[0m" in terminal.said
        assert b"mapi-1    | \x1b[0mapi 1\r\n" in terminal.said
    with shell.terminal("logs", "--no-color", "longer") as terminal:
        assert terminal.ends() == 0 and b"longer-1 | longer 1\r\n" in terminal.said
    process = shell.begin("logs", "-f", "longer")
    heard(process, b"longer-1 | longer 3\n")
    shell.run("down", "-t", "0")
    process.communicate(timeout=BOUND)
    assert process.returncode == 0
