"""What ssh and docker say when they fail, and what helps."""

from __future__ import annotations

import pytest

from perry_ffi.backends.engine_api.transport.ssh_words import Destination, refusal

PLACE = Destination("ssh://me@box:2222", "box", "me", 2222)

SAID = {
    "an unknown host": (
        255, "No ED25519 host key is known for [box]:2222 and you have requested strict checking.\nHost key verification failed.",
        "host key of box is not known", "ssh -p 2222 me@box",
    ),
    "a changed host key": (
        255, "@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@\nHost key verification failed.",
        "another one than the one that is known", "ssh-keygen -R '[box]:2222'",
    ),
    "no key": (255, "me@box: Permission denied (publickey,password).", "takes none of the keys", "ssh-copy-id"),
    "no such host": (255, "ssh: Could not resolve hostname box: Name or service not known", "no host box", "name"),
    "no sshd": (255, "ssh: connect to host box port 2222: Connection refused", "nothing listens for ssh", "sshd"),
    "away": (255, "ssh: connect to host box port 2222: Connection timed out", "cannot be reached", "ssh -p 2222 me@box"),
    "no docker": (127, "bash: line 1: docker: command not found", "not on the PATH", "install docker there"),
    "not allowed": (
        1, "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        "may not use docker", "group",
    ),
    "no dockerd": (
        1, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "engine does not answer there", "start docker on box",
    ),
    "an old docker": (1, "docker: 'dial-stdio' is not a docker command.\nSee 'docker --help'", "too old", "update docker"),
    "anything": (1, "pipe broke", "'docker system dial-stdio' ended there with exit code 1 before an answer: pipe broke", "ssh -p"),
    "nothing": (None, "", "ended there before an answer", "ssh -p 2222 me@box"),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_words_have_a_reason_and_a_remedy(case: str) -> None:
    code, words, reason, remedy = SAID[case]
    found = refusal(PLACE, "docker", code, words)
    assert found.reason.startswith("ssh://me@box:2222: ") and reason in found.reason and remedy in found.remedy


def test_a_host_as_the_list_of_known_hosts_has_it() -> None:
    assert [Destination("", "h", port=port).known for port in (0, 22, 2200)] == ["h", "h", "[h]:2200"]
