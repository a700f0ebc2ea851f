"""What no engine of one machine has, of what a project's ``deploy`` can say: a scheduler, and services of its own."""

from __future__ import annotations

from perry_ffi.backends.rules.rule import Rules, below, each, lacks

PREFIX = "ServiceSpec.deploy"
_SCHEDULER = lacks("one machine's engine has no scheduler")
ONE_MACHINE: Rules = below(
    PREFIX,
    {
        "endpoint_mode": lacks("only a swarm has virtual addresses"),
        "labels": lacks("they are of a swarm's service, no container gets them"),
        "placement": _SCHEDULER,
        "rollback_config": lacks("replicas are replaced as a transaction that rolls back by itself"),
        "update_config.failure_action": lacks("what stops first comes back with all else: a failure rolls back"),
        "mode": lacks("one machine's engine has replicated services only"),
        "restart_policy.delay": lacks("the engine's own delays hold"),
        "restart_policy.window": lacks("the engine's own sense of a successful start holds"),
        "restart_policy.max_attempts": lacks("engines count attempts of on-failure only"),
        **each(("resources.reservations.cpus", "resources.reservations.generic_resources"), _SCHEDULER),
    },
)
