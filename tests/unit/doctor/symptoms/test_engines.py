from __future__ import annotations

from perry_ffi.backends.engine_api.transport import version
from perry_ffi.doctor.facts import Answer, Facts
from perry_ffi.doctor.symptoms import engines
from tests.support.doctoring import LINUX, at, facts, only, without


def answering(answer: Answer, path: str = "/var/run/docker.sock") -> Facts:
    return facts(LINUX, at("listening", path, answer=answer))


GOOD = Answer(name="docker", version="28.5.2", api="1.51", root="/var/lib/docker", free=50 * 1024**3)


def test_an_engine_with_which_nothing_is_wrong() -> None:
    told = answering(GOOD)
    checks = (engines.too_old, engines.client_too_old, engines.clock_skew, engines.disk_is_full)
    assert [found for check in checks for found in check(told)] == []


def test_the_oldest_is_what_detection_asks_for() -> None:
    assert engines.OLDEST == version.OLDEST


def test_an_engine_that_is_too_old() -> None:
    found = only(engines.too_old(answering(Answer(name="docker", version="19.03", api="1.40"))))
    assert "docker 19.03 speaks API 1.40; 1.41 is the oldest" in found.evidence and found.state == "unsupported"


def test_an_engine_that_is_too_new() -> None:
    said = "client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version"
    found = only(engines.client_too_old(answering(Answer(400, said))))
    assert found.evidence.endswith("it speaks API 1.44 and later only") and found.remedy.text == "update this library"


def test_clocks_that_differ() -> None:
    slept = Answer(name="docker", api="1.51", skew=-3600.4)
    found = only(engines.clock_skew(answering(slept, "/home/ann/.colima/default/docker.sock")))
    assert "its clock is 3600 s behind this machine's" in found.evidence and found.remedy.text == "restart Colima"
    assert found.weight == "warning"
    assert "ahead of" in only(engines.clock_skew(answering(Answer(skew=60)))).evidence
    assert not list(engines.clock_skew(answering(Answer(skew=1.2))))


def test_a_disk_that_is_full() -> None:
    found = only(engines.disk_is_full(answering(Answer(root="/var/lib/docker", free=12 * 1024**2))))
    assert found.evidence == "/var/lib/docker: 12 MiB are free"
    assert found.remedy.text == "docker system prune" and not found.remedy.runnable


def test_an_engine_with_two_paths_is_told_of_once() -> None:
    old = Answer(name="docker", version="19.03", api="1.40")
    first = at("listening", "/var/run/docker.sock", link="/run/docker.sock", answer=old)
    second = at("listening", "/run/docker.sock", answer=old)
    assert only(engines.too_old(facts(LINUX, first, second)))


def test_containerd_that_does_not_run() -> None:
    gone = at("missing", engines.CONTAINERD, "nerdctl")
    found = only(engines.containerd_stopped(facts(LINUX, gone, programs="nerdctl sudo")))
    assert found.remedy.text == "sudo systemctl enable --now containerd"
    assert only(engines.containerd_stopped(facts(without(LINUX, systemd=False), gone))).remedy.text == "start containerd as root"
    assert not list(engines.containerd_stopped(facts(LINUX, at("listening", engines.CONTAINERD, "nerdctl"), programs="nerdctl")))


def test_what_nerdctl_needs_besides() -> None:
    found = only(engines.no_plugins(facts(LINUX, programs="nerdctl apt-get sudo")))
    assert found.remedy.text == "sudo apt-get install -y containernetworking-plugins"
    there = without(LINUX, helpers=frozenset(engines.CNI_PLUGINS))
    assert not list(engines.no_plugins(facts(there, programs="nerdctl")))
    assert only(engines.no_build_program(facts(there, programs="nerdctl"))).weight == "warning"
    assert not list(engines.no_build_program(facts(there, programs="nerdctl buildctl")))


def test_health_checks_of_nerdctl_that_nobody_runs() -> None:
    assert "for root alone" in only(engines.health_checks(facts(LINUX, programs="nerdctl"))).evidence
    found = only(engines.health_checks(facts(without(LINUX, systemd=False, uid=0), programs="nerdctl")))
    assert found.weight == "note" and "does not run here" in found.evidence
    assert not list(engines.health_checks(facts(without(LINUX, uid=0), programs="nerdctl")))
    assert not list(engines.health_checks(facts(LINUX)))
