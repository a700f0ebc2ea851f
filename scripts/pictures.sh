#!/usr/bin/env bash
# make pictures: docs/pictures/*.svg, of perry-compose in a real terminal (tmux) on a docker of its own. Arguments: names of pictures.
command_name=pictures
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
source "$root/scripts/python.sh"

need_packages tmux
prepare_venv test
cd "$root"
exec "$venv/bin/python" -m tests.engines run --only docker,podman -- \
  env PERRY_CONTAINER_BACKEND=docker "$venv/bin/python" -m scripts.pictures "$@"
