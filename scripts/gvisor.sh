#!/usr/bin/env bash
# Gets gVisor's runtime (runsc) for the tests of hardened runs, and prints the path of the program; made once, then kept.
command_name=gvisor
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

debian_program runsc runsc usr/bin/runsc
