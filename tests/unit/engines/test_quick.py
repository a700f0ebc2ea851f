"""Scripts that a server runs are what they are where Python runs them: words, streams, folder, codes, signals; and they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import quick

ROOT = Path(__file__).resolve().parents[3]
WAITS = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(600)"
HOST = """
import sys, time
from pathlib import Path
from tests.engines import quick
quick.write(Path(sys.argv[1]), sys.argv[2])
print("written", flush=True)
time.sleep(600)
"""


@pytest.fixture(params=["quick", "plain"])
def written(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a script of some code, for the server or for Python."""
    if request.param == "plain":
        monkeypatch.setattr(quick, "_runner", lambda: quick.PLAIN)
    elif quick._runner() == quick.PLAIN:
        pytest.skip("there is no C compiler")

    def write(code: str) -> Path:
        quick.write(tmp_path / "program", code)
        return tmp_path / "program"

    return write


def gone(pid: int, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_words_variables_folder_and_streams(written: Callable[[str], Path], tmp_path: Path) -> None:
    program = written(
        "import os, sys\nprint([os.fsencode(word) for word in sys.argv[1:]], dict(os.environ).get('A'), os.getcwd())\n"
        "print(sys.stdin.read(), file=sys.stderr, end='')\nprint(oct(os.umask(0)), len(os.listdir('/proc/self/fd')) < 5)"
    )
    words = [b"", b"-x", b"a\nb", b"\xff", b"=", b"y" * 100_000]
    done = subprocess.run(
        [program, *words], input=b"in\n", capture_output=True, env={"A": "1\n2"}, cwd=tmp_path, umask=0o27, check=False
    )
    assert done.stdout.decode() == f"{words} 1\n2 {tmp_path}\n0o27 True\n" and done.stderr == b"in\n" and done.returncode == 0


@pytest.mark.parametrize(
    ("code", "ends", "says"),
    [
        ("import sys; sys.exit(7)", 7, b""), ("import sys; sys.exit('no')", 1, b"no\n"), ("raise SystemExit", 0, b""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, b""),
    ],
)  # fmt: skip
def test_ends(written: Callable[[str], Path], code: str, ends: int, says: bytes) -> None:
    done = subprocess.run([written(code)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (ends, says)


def test_an_error_is_told(written: Callable[[str], Path]) -> None:
    done = subprocess.run([written("1 / 0")], capture_output=True, check=False)
    assert done.returncode == 1 and b"ZeroDivisionError" in done.stderr


def test_a_reader_that_is_gone(written: Callable[[str], Path]) -> None:
    code = "import sys\nsys.stdin.read()\nsys.stdout.write('x')"
    running = subprocess.Popen([written(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert running.stdin is not None and running.stdout is not None
    running.stdout.close()
    running.stdin.close()
    assert running.wait(20) == 120


def test_a_signal_reaches_it(written: Callable[[str], Path]) -> None:
    code = (
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\nprint(1, flush=True)\ntime.sleep(600)"
    )
    with subprocess.Popen([written(code)], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stdout.readline()
        running.terminate()
        assert running.wait(20) == 9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_ends_it(written: Callable[[str], Path], number: int) -> None:
    with subprocess.Popen([written(WAITS)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None and running.stdout.readline()
        running.send_signal(number)
        assert running.wait(20) == -number


def test_a_caller_that_is_killed(written: Callable[[str], Path]) -> None:
    with subprocess.Popen([written(WAITS)], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        pid = int(running.stdout.readline())
        running.kill()
        assert running.wait(20) == -signal.SIGKILL and gone(pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_a_session_that_is_killed(tmp_path: Path, number: int) -> None:
    if quick._runner() == quick.PLAIN or not Path("/proc/self/task").exists():
        pytest.skip("calls end with the session where a server runs them, on Linux")
    code = f"import os, time\nif os.fork() == 0: os.setsid(); {WAITS}\nprint(os.getppid(), flush=True); time.sleep(600)"
    program = tmp_path / "program"
    with subprocess.Popen([sys.executable, "-c", HOST, program, code], cwd=ROOT, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None and host.stdout.readline()
        folder = Path(program.read_text().split()[1]).parent
        with subprocess.Popen([program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
            assert running.stdout is not None
            pids = [int(running.stdout.readline()) for _ in range(2)]
            host.send_signal(number)
            assert running.wait(20) != 0 and all(gone(pid) for pid in pids)
    assert not folder.exists()
