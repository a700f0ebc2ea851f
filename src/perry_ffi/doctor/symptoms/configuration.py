"""What variables and files say of servers, and does not lead to one."""

from __future__ import annotations

from collections.abc import Iterator

from perry_ffi.doctor.facts import Facts
from perry_ffi.doctor.finding import Finding, Remedy, command, install, words
from perry_ffi.doctor.products import leading_to, start_of

_DEFAULT = ("docker", "context", "use", "default")


def broken_file(facts: Facts) -> Iterator[Finding]:
    """docker's configuration cannot be read: its programs go on without, and so is the context that it names forgotten."""
    if problem := facts.configuration.problem:
        yield Finding("docker", "broken-config", problem, words("mend the file, or move it away"), weight="warning")


def context_names_nothing(facts: Facts) -> Iterator[Finding]:
    """The context in force is not there, or says no address."""
    configuration = facts.configuration
    if not configuration.context_problem:
        return
    by = configuration.context_by
    evidence = f"{by} names docker's context {configuration.context!r}: {configuration.context_problem}"
    remedy = words(f"unset {by}, or name another context") if by == "DOCKER_CONTEXT" else _back_to_default(facts)
    yield Finding("docker", "unknown-context", evidence, remedy)


def context_without_a_server(facts: Facts) -> Iterator[Finding]:
    """The context in force leads to a socket that is not there."""
    for socket in facts.of("docker", "missing", "dangling"):
        if not socket.named_by.startswith("context "):
            continue
        product = leading_to(socket.path)
        if product is not None and facts.has(product.program):
            remedy = command(*start_of(product, socket.path), changes=f"starts {product.product}")
        else:
            remedy = _back_to_default(facts)
        evidence = f"docker's {socket.named_by} leads to {socket.path}, which does not exist"
        yield Finding("docker", "context-without-server", evidence, remedy, "stopped")


def server_does_not_exist(facts: Facts) -> Iterator[Finding]:
    """A variable names a socket that is not there: no other engine is taken in its place."""
    for socket in facts.sockets:
        if socket.named_by in facts.configuration.servers and socket.state in ("missing", "dangling"):
            evidence = f"{socket.named_by} names {socket.path}, which does not exist"
            advice = f"start what should listen there, or unset {socket.named_by}"
            yield Finding(socket.runtime, "server-missing", evidence, words(advice), "stopped")


def no_files_for_tls(facts: Facts) -> Iterator[Finding]:
    """A server with TLS is named, and what it needs is not there."""
    if missing := facts.configuration.tls_missing:
        evidence = f"DOCKER_TLS_VERIFY is set, and there is no {', no '.join(missing)}"
        yield Finding(
            "docker", "no-tls-files", evidence, words("set DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem")
        )


def no_ssh(facts: Facts) -> Iterator[Finding]:
    """A server behind ssh is named, and ssh is not installed."""
    named = [name for name, scheme in facts.configuration.servers.items() if scheme == "ssh"]
    if named and not facts.has("ssh"):
        packages = {"apt-get": "openssh-client", "apk": "openssh-client", "dnf": "openssh-clients", "": "openssh"}
        runtime = "podman" if named[0].startswith("CONTAINER") else "docker"
        yield Finding(
            runtime, "no-ssh", f"{named[0]} names a server behind ssh, which is not installed", install(facts, packages, "ssh")
        )


def _back_to_default(facts: Facts) -> Remedy:
    if facts.has("docker"):
        return command(*_DEFAULT, changes="docker's programs, and this library, go to the usual sockets again")
    return words("remove currentContext from docker's config.json, or name a context that there is")
