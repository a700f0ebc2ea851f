"""What is told of ``perry-compose``, made of its table of commands: manual pages, completions as files, docs/cli.md.

``examples`` and ``texts`` are written by hand. ``manual`` makes pages, ``shared`` all that is installed below ``share``; ``markdown``
the parts of docs/cli.md, ``peer`` the comparison with docker compose, whose commands and flags are ``docker-compose.json``.
"""
