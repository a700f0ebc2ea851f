#!/usr/bin/env bash
# Gets docker compose for the tests that have it beside the library, and prints the path of the program; made once, then kept.
# Debian 12 and 13 do not package it; the program in Debian's unstable package runs on both.
command_name=docker-compose
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

debian_program docker-compose docker-compose usr/libexec/docker/cli-plugins/docker-compose sid
