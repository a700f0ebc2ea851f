#!/usr/bin/env bash
# Gets cosign for the tests that sign with it, and prints the path of the program; made once, then kept. Argument: trixie (cosign 2)
# or sid (cosign 3). Debian 12 does not package it; the programs of both packages run there.
command_name=cosign
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

suite=${1:-sid}
case $suite in trixie | sid) ;; *) fail "$suite: only trixie and sid have a cosign that the tests know" ;; esac
debian_program "cosign-$suite" cosign usr/bin/cosign "$suite"
