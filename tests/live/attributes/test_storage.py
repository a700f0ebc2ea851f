"""What is mounted into a container, and what may be done there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.errors import ContainerError, Unsupported, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.volume import VolumeSpec
from tests.live.attributes.world import Look, Place, World, attribute, has, kernel_lacks, lacks, looks, matches
from tests.live.conftest import IMAGE

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

PROPAGATIONS = ("private", "rprivate", "slave", "rslave", "shared", "rshared")


async def before(backend: Backend, place: Place) -> None:
    """A folder that is a shared mount, with another mount in it; a volume of somebody else's."""
    shared = place.folder / "shared"
    (shared / "below").mkdir(parents=True)
    (shared / "f").write_text("seen")
    for line in (f"mount --bind {shared} {shared}", f"mount --make-shared {shared}", f"mount -t tmpfs below {shared}/below"):
        subprocess.run(line.split(), check=True)
    place.kept.callback(subprocess.run, ["umount", "-R", "-l", str(shared)], check=True)
    (shared / "below/f").write_text("seen below")
    await backend.create_volume(f"{place.prefix}-outside", VolumeSpec())
    members = {
        "image": IMAGE,
        "name": f"{place.prefix}-outside-c",
        "cmd": ["sleep", "600"],
        "stop_timeout": 0,
        "volumes": ["/theirs"],
    }
    await backend.run_container(validate(ContainerSpec, members))


def project(place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    plain: dict[str, Any] = {"command": ["sleep", "600"]}
    shared, made = f"{place.folder}/shared", f"{place.folder}/made"
    for name, text in (("file", "from a file\n"), ("secret", "a secret\n")):
        (place.folder / name).write_text(text)

    def bind(target: str, options: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"type": "bind", "source": shared, "target": target, **more, "bind": options}

    services: dict[str, Any] = {
        "volumes": {"image": place.built, "command": None, "environment": {"X": "1"}, "volumes": [
            "data:/data", "data:/again:ro", "data2:/seed", "/fresh", "outside:/outside", "small:/small",
            {"type": "volume", "source": "data3", "target": "/work/bare", "volume": {"nocopy": True}},
            {"type": "volume", "source": "data4", "target": "/work/long", "read_only": True},
            {"type": "volume", "target": "/work/labelled", "volume": {"labels": {"of": "mine"}}},
            {"type": "volume", "target": "/work/anonymous", "volume": {"nocopy": True}},
            "data5:/work/z:z",
        ]},
        "from": {**plain, "volumes_from": ["volumes:ro", f"container:{place.prefix}-outside-c"]},
        "from-rw": {**plain, "volumes_from": ["volumes"]},
        "binds": {**plain, "volumes": [
            f"{shared}:/short:ro", f"{made}:/made", f"{shared}:/cached:cached", f"{shared}:/z:z",
            bind("/strict", {"create_host_path": False}, read_only=True),
            bind("/all", {"recursive": "enabled"}), bind("/top", {"recursive": "disabled"}),
            bind("/writable", {"recursive": "writable"}, read_only=True),
            bind("/consistent", {}, consistency="consistent"),
            *(bind(f"/{kind}", {"propagation": kind}) for kind in PROPAGATIONS),
        ]},
        "fast": {"image": place.built, "command": None, "user": "1000:1000", "tmpfs": [
            "/t:size=64k,mode=770,uid=1000,gid=1000", "/plain", "/x:exec,suid,dev,rw,mode=1777", "/ro:ro,noexec,nosuid,nodev",
            "/tenth:size=10%", "/root:uid=0,gid=0,mode=700", "/seed", "/loose:rslave", "/few:size=1m,nr_inodes=7,noatime,sync",
            "/blocks:nr_blocks=10,mpol=default,dirsync,nodiratime", "/strict:strictatime", "/mand:mand",
        ], "volumes": [
            {"type": "tmpfs", "target": "/long", "tmpfs": {"size": "1m", "mode": 0o750}},
            {"type": "tmpfs", "target": "/long-ro", "read_only": True}, {"type": "tmpfs", "target": "/long-plain"},
        ]},
        "still": {**plain, "read_only": True, "tmpfs": ["/scratch"], "shm_size": "8m", "volumes": ["/anonymous"]},
        "files": {
            **plain, "user": "1000", "use_api_socket": True,
            "configs": ["text", {"source": "file", "target": "/etc/app/c", "uid": "5", "gid": "6", "mode": "0440"}],
            "secrets": ["file", "variable", {"source": "file", "target": "named", "uid": "7", "gid": "8", "mode": "0400"}],
        },
    }  # fmt: skip
    sections = {
        "volumes": {
            "data": {"name": f"{place.prefix}-own-name", "labels": {"team": "x"}, "driver": "local"}, "data2": {}, "data3": {}, "data5": {},
            "data4": {}, "outside": {"external": True, "name": f"{place.prefix}-outside"},
            "small": {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=128k,uid=33"}},
        },
        "configs": {"text": {"content": "said $$so"}, "file": {"file": f"{place.folder}/file"}},
        "secrets": {"file": {"file": f"{place.folder}/secret"}, "variable": {"environment": "OF_PROJECT"}},
    }  # fmt: skip
    return services, sections


def no_selinux() -> str:
    return "" if Path("/sys/fs/selinux/enforce").exists() else "no SELinux"


def tagged(propagation: str) -> str:
    """What the kernel writes of a mount that shares with its origin."""
    return {"shared": r"^shared:\d+", "slave": r"^master:\d+$", "private": r"^$"}[propagation.lstrip("r")]


STAT = "stat -c '%u %g %a'"
LOOKS = (
    Look("services.volumes.volume", "volumes", "echo d >/data/d; cat /again/d; echo f >/fresh/f && cat /fresh/f", "d\nf"),
    Look("services.volumes.volume", "volumes", "cat /seed/below/f", "seed", case="takes what the image has"),
    Look("services.volumes.read_only", "volumes", "touch /again/x 2>&1; touch /work/long/x 2>&1", matches("Read-only.*\n.*Read-only")),
    Look("services.volumes.nocopy", "volumes", "ls -A /work/bare", ""),
    Look("services.volumes.nocopy of an anonymous volume", "volumes", "ls -A /work/anonymous", "", podman="volumes[9].volume.nocopy"),
    Look("services.volumes.bind", "binds", "cat /short/f; touch /short/x 2>&1; touch /made/there && echo made", matches("^seen.*Read-only.*\nmade$")),
    Look("services.volumes.bind.recursive.writable", "binds",
        "touch /writable/x 2>&1; touch /writable/below/x && echo written", matches("Read-only.*\nwritten$")),
    Look("services.volumes.bind.recursive.disabled", "binds", "cat /top/f; ls /top/below", "seen"),
    Look("services.volumes.bind.recursive.enabled", "binds", "cat /all/f /all/below/f", "seenseen below"),
    Look("services.volumes.consistency", "binds", "cat /cached/f /consistent/f", "seenseen"),
    *(
        Look("services.volumes.propagation", "binds",
            f"awk '$5 == \"/{kind}\" {{for (i = 7; $i != \"-\"; i++) print $i}}' /proc/self/mountinfo", matches(tagged(kind)),
            case=kind)
        for kind in PROPAGATIONS
    ),
    Look("services.volumes.selinux", "binds", "cat /z/f", "seen", kernel=lambda: no_selinux()),
    Look("services.volumes.bind.selinux of a volume", "volumes", "touch /work/z/x && echo kept", "kept", kernel=lambda: no_selinux()),
    Look("services.tmpfs.size", "fast", "grep -E ' /(t|tenth) ' /proc/mounts", has("size=64k", "/tenth ")),
    Look("services.tmpfs.size", "fast", "grep ' /tenth ' /proc/mounts", matches(r"size=\d{4,}k"), case="of the memory"),
    Look("services.tmpfs.mode", "fast", f"{STAT} /t /x", "1000 1000 770\n0 0 1777"),
    Look("services.tmpfs.uid", "fast", f"{STAT} /t; touch /t/x && echo wrote; {STAT} /root", "1000 1000 770\nwrote\n0 0 700"),
    Look("services.tmpfs.gid", "fast", "stat -c %g /t", "1000"),
    Look("services.tmpfs.exec", "fast", "cp /bin/busybox /x/echo; /x/echo ran", "ran"),
    Look("services.tmpfs.exec", "fast",
        "cp /bin/busybox /plain/echo; /plain/echo ran; grep -E ' /(plain|ro) ' /proc/mounts", has("denied",
        "/plain tmpfs rw,nosuid,nodev,noexec", "/ro tmpfs ro,nosuid,nodev,noexec"), case="not unless it is said"),
    Look("services.tmpfs.suid", "fast", "grep ' /x ' /proc/mounts", lacks("nosuid")),
    Look("services.tmpfs.dev", "fast", "grep ' /x ' /proc/mounts", lacks("nodev")),
    Look("services.tmpfs.ro", "fast", "touch /ro/x", has("Read-only")),
    Look("services.tmpfs", "fast", "ls -A /seed; grep -c 'tmpfs /seed tmpfs' /proc/mounts", "1", case="empty"),
    Look("services.tmpfs.propagation", "fast", "cat /loose/none 2>&1; grep -c ' /loose ' /proc/mounts", has("1")),
    Look("services.tmpfs.nr_inodes", "fast", "grep ' /few ' /proc/mounts", has("nr_inodes=7"), podman="tmpfs[8].nr_inodes"),
    Look("services.tmpfs.noatime", "fast", "grep ' /few ' /proc/mounts", has("noatime"), podman="tmpfs[8].noatime"),
    Look("services.tmpfs.sync", "fast", "grep ' /few ' /proc/mounts", has("sync"), podman="tmpfs[8].sync"),
    Look("services.tmpfs.nr_blocks", "fast", "grep ' /blocks ' /proc/mounts", has("size=40k"), podman="tmpfs[9].nr_blocks"),
    Look("services.tmpfs.mpol", "fast", "grep -c ' /blocks ' /proc/mounts", "1", podman="tmpfs[9].mpol"),
    Look("services.tmpfs.dirsync", "fast", "grep ' /blocks ' /proc/mounts", has("dirsync"), podman="tmpfs[9].dirsync"),
    Look("services.tmpfs.nodiratime", "fast", "grep ' /blocks ' /proc/mounts", has("nodiratime"), podman="tmpfs[9].nodiratime"),
    Look("services.tmpfs.strictatime", "fast", "grep ' /strict ' /proc/mounts", lacks("relatime"), podman="tmpfs[10].strictatime"),
    Look("services.tmpfs.mand", "fast", "grep ' /mand ' /proc/mounts", has("mand,"), podman="tmpfs[11].mand"),
    Look("services.volumes.tmpfs", "fast", "grep -c 'tmpfs /long-plain tmpfs' /proc/mounts; touch /long-ro/x", matches("^1\n.*Read-only")),
    Look("services.volumes.size", "fast", "grep ' /long ' /proc/mounts", has("size=1024k")),
    Look("services.volumes.mode", "fast", f"{STAT} /long", "0 0 750"),
    Look("services.volumes_from", "from", "cat /data/d; touch /data/x; cat /seed/below/f", matches("^d\n.*Read-only.*\nseed$")),
    Look("services.volumes_from", "from-rw", "touch /data/from && ls /data; touch /again/x", matches("^d\nfrom\n.*Read-only"), case="writable"),
    Look("services.read_only", "still",
        "for d in / /run /var/tmp /tmp /etc /home; do touch $d/x 2>&1; done; touch /scratch/x /anonymous/x && echo written",
        matches(r"^(touch: .*(Read-only|No such).*\n){6}written$")),
    Look("services.shm_size", "still", "grep ' /dev/shm ' /proc/mounts", has("size=8192k")),
    Look("services.configs", "files", "cat /text", "said $so"),
    Look("services.secrets", "files", "cat /run/secrets/file", "a secret"),
    Look("services.use_api_socket", "files", "stat -c '%F %i' /var/run/docker.sock", lambda said: said.startswith("socket ")),
    Look("configs and secrets.content", "files", "cat /text", "said $so"),
    Look("configs and secrets.file", "files", "cat /run/secrets/file", "a secret"),
    Look("configs and secrets.environment", "files", "cat /run/secrets/variable", "of the project"),
    Look("configs and secrets.uid", "files", "stat -c %u /etc/app/c /run/secrets/named", "5\n7"),
    Look("configs and secrets.gid", "files", "stat -c %g /etc/app/c /run/secrets/named", "6\n8"),
    Look("configs and secrets.mode", "files", "stat -c %a /etc/app/c /run/secrets/named /run/secrets/file", "440\n400\n444"),
    Look("configs and secrets.target", "files", "ls /etc/app /run/secrets", "/etc/app:\nc\n\n/run/secrets:\nfile\nnamed\nvariable"),
    Look("volumes.name", "volumes", "true", ""),
    Look("volumes.driver_opts", "volumes", "grep ' /small ' /proc/mounts; stat -c %u /small", matches(r"size=128k(.|\n)*\n33$")),
)  # fmt: skip


@looks(LOOKS)
async def test_inside(world: World, look: Look) -> None:
    await world.check(look)


@attribute("services.read_only")
async def test_what_is_mounted_into_a_read_only_root_stays(world: World) -> None:
    """Also where podman would have directories of its own: volumes of the file, the image and another container, and a tmpfs."""
    services = {
        "own": {
            "image": world.place.built,
            "command": None,
            "read_only": True,
            "tmpfs": ["/run"],
            "volumes": ["/tmp", "var:/var"],
        },
        "heir": {"command": ["sleep", "600"], "read_only": True, "volumes_from": ["own"]},
        "image": {"image": world.place.commands, "entrypoint": ["sleep", "600"], "command": [], "read_only": True},
    }
    async with world.beside(services, volumes={"var": {}}) as other:
        written = "for d in /run /tmp /var /var/tmp; do mkdir -p $d/x && echo $d; done"
        assert (await other.out("own", f"({written}) 2>/dev/null")).split() == ["/run", "/tmp", "/var", "/var/tmp"]
        assert (await other.out("heir", f"({written}) 2>/dev/null")).split() == ["/tmp", "/var", "/var/tmp"]
        assert (await other.out("image", f"({written}) 2>/dev/null")).split() == ["/tmp"]
        assert await other.out("image", "cat /run/f; stat -c %a /run") == "of the image\n711"


@attribute("services.volumes.volume.labels", "volumes.labels", "volumes.name", "volumes.driver", "volumes.external")
async def test_what_is_written_on_a_volume(world: World) -> None:
    prefix = world.place.prefix
    own = world.stacks.ask(f"/volumes/{prefix}-own-name")
    assert own["Labels"]["team"] == "x" and own["Driver"] == "local"
    places = {row["Destination"]: row.get("Name") for row in world.inspect("volumes")["Mounts"]}
    assert places["/data"] == f"{prefix}-own-name" and places["/outside"] == f"{prefix}-outside"
    if world.podman:
        assert "services.volumes.volumes[8].volume.labels" in world.warned
    else:
        assert world.stacks.ask(f"/volumes/{places['/work/labelled']}")["Labels"]["of"] == "mine"


@attribute("services.use_api_socket")
async def test_the_socket_is_the_engines(world: World) -> None:
    inode = Path(world.stacks.engine.socket).stat().st_ino
    assert await world.out("files", "stat -c %i /var/run/docker.sock") == str(inode)


async def refused(world: World, service: dict[str, Any], member: str, **sections: Any) -> None:
    """Before anything is touched."""
    with pytest.raises(Unsupported) as caught:
        async with world.beside({"s": {"command": ["sleep", "600"], **service}}, networks={"default": {}}, **sections):
            raise AssertionError("it is up")
    assert caught.value.details["member"] == member
    assert caught.value.details.get("rolledBack") is None, "something was touched"


@attribute("services.volumes.image", "services.volumes.image.subpath")
async def test_an_image_as_a_mount(world: World) -> None:
    mount = {"type": "image", "source": IMAGE, "target": "/img"}
    below = {**mount, "target": "/bin-of-it", "image": {"subpath": "bin"}}
    if not world.podman and world.api < (1, 48):
        await refused(world, {"volumes": [mount]}, "services.s.volumes[0].type")
        return
    services = {"s": {"command": ["sleep", "600"], "volumes": [mount]}}
    if not world.podman:  # It mounts an image once into a container.
        services["below"] = {"command": ["sleep", "600"], "volumes": [below]}
    async with world.beside(services) as other:
        said = await other.out("s", "ls -A /img/bin/busybox; touch /img/x")
        assert said.startswith("/img/bin/busybox") and "Read-only" in said
        if not world.podman:
            assert "busybox" in await other.out("below", "ls -A /bin-of-it")
    if world.podman:
        await refused(world, {"volumes": [below]}, "services.s.volumes[0].image.subpath")


@attribute("services.volumes.volume.subpath")
async def test_a_folder_of_a_volume(world: World) -> None:
    """Where docker's API knows it; it has to be there, and else nothing starts."""
    mount = {"type": "volume", "source": "v", "target": "/v", "volume": {"subpath": "a/b"}}
    service = {"s": {"command": ["sleep", "600"], "volumes": [mount]}}
    if world.api < (1, 45):
        await refused(world, {"volumes": [mount]}, "services.s.volumes[0].volume.subpath", volumes={"v": {}})
        return
    name = f"{world.place.prefix}-outside-filled"
    backend = await world.stacks.client.backend()
    await backend.create_volume(name, VolumeSpec())
    spec = {"image": IMAGE, "volumes": [f"{name}:/all"], "cmd": ["sh", "-c", "mkdir -p /all/a/b && echo below >/all/a/b/f"]}
    made = await backend.run_container(validate(ContainerSpec, {**spec, "name": f"{name}-c"}))
    await backend.wait_container(made.id, 20)
    await backend.remove_container(made.id)
    async with world.beside(service, volumes={"v": {"external": True, "name": name}}) as other:
        assert await other.out("s", "cat /v/f; ls -A /v") == "below\nf"
    mount["volume"] = {"subpath": "not/there"}
    with pytest.raises(ContainerError, match="not/there"):
        async with world.beside(service, volumes={"v": {"external": True, "name": name}}):
            raise AssertionError("it is up")
    await backend.remove_volume(name)


@attribute("services.volumes.bind.recursive.readonly")
async def test_mounts_below_a_mount_that_are_read_only_too(world: World) -> None:
    """Where docker's API knows it, of a bind that is read-only itself."""
    shared = f"{world.place.folder}/shared"
    mount = {"type": "bind", "source": shared, "target": "/v", "read_only": True, "bind": {"recursive": "readonly"}}
    if world.api < (1, 44):
        await refused(world, {"volumes": [mount]}, "services.s.volumes[0].bind.recursive")
        return
    async with world.beside({"s": {"command": ["sleep", "600"], "volumes": [mount]}}) as other:
        said = await other.out("s", "cat /v/below/f; touch /v/x /v/below/x 2>&1")
        assert said.startswith("seen below") and said.count("Read-only") == 2
    mount["read_only"] = False
    with pytest.raises(ValidationError, match=r"services\.s\.volumes\[0\]\.bind\.recursive") as caught:
        async with world.beside({"s": {"command": ["sleep", "600"], "volumes": [mount]}}):
            raise AssertionError("it is up")
    assert caught.value.details.get("rolledBack") is None, "something was touched"


@pytest.mark.parametrize(("volume", "member"), [
    pytest.param({"type": "bind", "source": "/tmp", "target": "/v", "bind": {"recursive": "disabled", "selinux": "z"}},
                 "bind.selinux", marks=attribute("services.volumes.bind.recursive with selinux")),
    pytest.param({"type": "npipe", "source": "x", "target": "/v"}, "type", marks=attribute("services.volumes.npipe")),
    pytest.param({"type": "cluster", "source": "v", "target": "/v"}, "type", marks=attribute("services.volumes.cluster")),
])  # fmt: skip
async def test_what_no_engine_here_can_mount_is_refused(world: World, volume: dict[str, Any], member: str) -> None:
    await refused(world, {"volumes": [volume]}, f"services.s.volumes[0].{member}", volumes={"v": {}})


@pytest.mark.parametrize("options", ["uid=1000", "uid=1000,gid=5", "bogus", "huge=never"])
@attribute("services.tmpfs.uid", "services.tmpfs.any other option")
async def test_an_option_of_a_tmpfs_that_cannot_be_had_is_refused(world: World, options: str) -> None:
    about = options.split("=")[0]
    if about != "uid" or world.podman:
        await refused(world, {"tmpfs": [f"/t:{options}"]}, f"services.s.tmpfs[0].{about}")


@attribute("services.tmpfs.U", "services.tmpfs.tmpcopyup")
async def test_options_of_a_tmpfs_that_only_podman_has(world: World) -> None:
    for option, member in (("U", "U"), ("tmpcopyup", "tmpcopyup")):
        if not world.podman:
            await refused(world, {"tmpfs": [f"/t:{option}"]}, f"services.s.tmpfs[0].{member}")
    if world.podman:
        service = {"image": world.place.built, "command": None, "user": "7:8", "tmpfs": ["/t:U", "/seed:tmpcopyup"]}
        async with world.beside({"s": service}) as other:
            assert await other.out("s", "stat -c '%u %g' /t; cat /seed/below/f") == "7 8\nseed"


@attribute("services.volumes.bind.create_host_path")
async def test_a_source_that_is_not_there(world: World) -> None:
    """Is made where that is asked for, and else an error and not made; with selinux, and with its mounts left out, too."""
    for number, more in enumerate(({}, {"selinux": "z"}, {"recursive": "disabled"})):
        source = world.place.folder / f"gone-{number}"
        mount = {"type": "bind", "source": str(source), "target": "/x", "bind": {"create_host_path": False, **more}}
        with pytest.raises(ContainerError, match=source.name):
            async with world.beside({"s": {"command": ["sleep", "600"], "volumes": [mount]}}):
                raise AssertionError("it is up")
        assert not source.exists()
    assert (world.place.folder / "made/there").exists()


@attribute("volumes.driver_opts.o.noexec")
async def test_a_volume_whose_files_are_not_run(world: World) -> None:
    service = {"command": ["sleep", "600"], "volumes": ["mem:/v"]}
    sections = {"volumes": {"mem": {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "noexec"}}}}
    if world.podman:
        with pytest.raises(Unsupported, match=r"volumes\.mem\.driver_opts\.o") as caught:
            async with world.beside({"s": service}, **sections):
                raise AssertionError("it is up")
        assert caught.value.details.get("rolledBack") is None, "something was touched"
        return
    async with world.beside({"s": service}, **sections) as other:
        assert "denied" in await other.out("s", "cp /bin/busybox /v/echo; /v/echo ran")


@attribute("services.storage_opt")
async def test_a_bound_of_the_root(world: World) -> None:
    """Held, or the engine says that its file system cannot, or it is warned of."""
    service = {"command": ["sh", "-c", "dd if=/dev/zero of=/big bs=1M count=40; exec sleep 600"], "storage_opt": {"size": "32m"}}
    try:
        async with world.beside({"s": service}) as other:
            assert ("services.s.storage_opt" in other.warned) is (world.api >= (1, 52))
            assert other.warned or int(await other.out("s", "stat -c %s /big")) <= 32 << 20
    except ContainerError as error:
        assert "storage" in error.message.lower() or "quota" in error.message.lower()
        kernel_lacks(error.message)


@pytest.mark.parametrize("member", ["external", "driver", "driver_opts", "template_driver"])
@attribute(*(f"configs and secrets.{member}" for member in ("external", "driver", "driver_opts", "template_driver")))
async def test_what_only_a_swarm_keeps_is_refused(world: World, member: str) -> None:
    value = {"external": True, "driver": "d", "driver_opts": {"a": "b"}, "template_driver": "d"}[member]
    section = {"s": {member: value, **({} if member == "external" else {"file": str(world.place.folder / "file")})}}
    with pytest.raises(Unsupported, match=rf"secrets\.s\.{member}"):
        async with world.beside({"s": {"command": ["sleep", "600"], "secrets": ["s"]}}, secrets=section):
            raise AssertionError("it is up")


async def test_nothing_else_is_warned_of(world: World) -> None:
    """Each is a look's or a test's above."""
    known = world.warned_of(LOOKS)
    assert world.warned == known | ({"services.volumes.volumes[8].volume.labels"} if world.podman else set())
