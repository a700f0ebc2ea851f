"""A hardened node is a place where a database lives: the tier's profile and capabilities, with PostgreSQL of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.model.base import validate
from perry_ffi.model.container import LogOptions
from perry_ffi.model.workload import WorkloadNode
from perry_ffi.workload.policy import changes, enforcement
from tests.live.conftest import IMAGE, Bench
from tests.support.profiles import texts

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
BEGIN = """set -e
mkdir /data/db; chown user /data/db; chmod 700 /data/db
exec su -s /bin/sh user -c '
set -e; export PATH={bin}:$PATH
initdb -D /data/db -A trust -U app --locale=C -E UTF8 >/tmp/initdb 2>&1
pg_ctl -D /data/db -w -l /tmp/log -o "-k /tmp -c listen_addresses=127.0.0.1 -c jit=off" start >/tmp/start || {{ cat /tmp/log; exit 9; }}
pgbench -h 127.0.0.1 -U app -i -s 1 -q postgres 2>/tmp/init
pgbench -h 127.0.0.1 -U app -c 4 -j 2 -t 20 postgres >/tmp/bench 2>&1; tail -n 1 /tmp/bench | cut -d" " -f 1
psql -h /tmp -U app -At -c "select count(*) from pgbench_history" postgres
pg_ctl -D /data/db -w -m fast stop >/tmp/stop
touch /root-is-written 2>/dev/null && echo the root is writable
grep -E "NoNewPrivs|Seccomp:|CapEff" /proc/self/status | tr -s "\\t" " "
'
"""


@pytest.mark.parametrize("tier", ["hardened"])
async def test_postgresql_begins_as_root_and_works(bench: Bench, tier: str) -> None:
    if PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    node = validate(WorkloadNode, {"image": IMAGE, "policy": {"tier": tier}})
    profile = next(path for path in texts() if "x86_64" in path.name)
    mounts = ["/usr:/usr:ro", "/usr/lib:/lib:ro", "/usr/lib64:/lib64:ro", "/data"]
    members = changes(node, enforcement(node), profile=str(profile))
    made = await bench.run("sh", "-c", BEGIN.format(bin=PROGRAMS), volumes=mounts, **members)
    ended = await bench.backend.wait_container(made.id, 120)
    logs = await bench.backend.container_logs(made.id, LogOptions())
    assert (ended, logs.stderr) == (0, ""), logs.stdout + logs.stderr
    assert logs.stdout.splitlines() == ["tps", "80", "CapEff: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2"]
