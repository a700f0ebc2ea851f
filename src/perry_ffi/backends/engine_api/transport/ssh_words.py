"""What ssh, and the program that it runs on the other machine, say when they fail; and what helps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from perry_ffi.net.refusal import Refusal


@dataclass(frozen=True)
class Destination:
    """Where ssh goes. shown: the whole address."""

    shown: str
    host: str
    user: str = ""
    port: int = 0

    @property
    def by_hand(self) -> str:
        """What somebody types to get there."""
        port, user = f"-p {self.port} " if self.port else "", f"{self.user}@" if self.user else ""
        return f"ssh {port}{user}{self.host}"

    @property
    def known(self) -> str:
        """How the list of known hosts has it."""
        return f"[{self.host}]:{self.port}" if self.port not in (0, 22) else self.host


_OWN = 255
"""The exit code of ssh where it failed itself (ssh(1))."""

Words = tuple[str, str, str]
"""What is matched; the reason and the remedy, with {host}, {program} and {ssh} (how it is reached by hand) for theirs."""

_SSH: tuple[Words, ...] = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the host key of {host} is another one than the one that is known",
        "if that is right, forget the known one (ssh-keygen -R '{known}') and run '{ssh}' once",
    ),
    (
        "Host key verification failed",
        "the host key of {host} is not known",
        "run '{ssh}' once, compare the key's fingerprint and take it",
    ),
    (
        "Permission denied",
        "{host} takes none of the keys that ssh offers",
        "bring a key there (ssh-copy-id), or load it into the agent (ssh-add); '{ssh} true' has to work without a question",
    ),
    ("UNPROTECTED PRIVATE KEY", "ssh refuses a key that others can read", "chmod 600 on the key's file"),
    ("Could not resolve hostname", "there is no host {host}", "mend the host's name"),
    ("Connection refused", "nothing listens for ssh there", "start its sshd, or mend the port"),
    ("timed out|No route to host|Network is unreachable", "{host} cannot be reached", "see whether '{ssh}' works"),
)
_PROGRAM: tuple[Words, ...] = (
    (
        "command not found|not found|No such file or directory: ?$",
        "{program} is not on the PATH of a command that ssh runs there",
        "install {program} there, or put it on that PATH (~/.ssh/environment, the shell's file for commands)",
    ),
    ("permission denied", "the user may not use {program} there", "add the user to the group of {program}'s socket there"),
    ("not a docker command|unknown command|unrecognized command", "{program} there is too old", "update {program} there"),
    (
        "Cannot connect|connection refused|no such file|unable to connect|cannot be reached",
        "{program}'s engine does not answer there",
        "start {program} on {host}",
    ),
)


def refusal(place: Destination, program: str, code: int | None, words: str) -> Refusal:
    """Why there was no answer. code: ssh's exit code, None where it still runs or that is lost."""
    names = {"host": place.host, "program": program, "ssh": place.by_hand, "known": place.known}
    told = _last(words)
    for pattern, reason, remedy in _SSH if code == _OWN else _PROGRAM:
        if re.search(pattern, words, re.IGNORECASE):
            why, helps = (text.format(**names) for text in (reason, remedy))
            return Refusal(f"{place.shown}: {why}" + (f" ({told})" if told else ""), helps)
    ended = "ssh ended" if code == _OWN else f"'{program} system dial-stdio' ended there"
    with_code = f" with exit code {code}" if code is not None else ""
    why = f"{place.shown}: {ended}{with_code} before an answer" + (f": {told}" if told else "")
    return Refusal(why, f"see whether '{place.by_hand}' works")


def _last(words: str) -> str:
    """The last line that says something; ssh's warnings of before are left out."""
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith("@")]
    return lines[-1][:300] if lines else ""
