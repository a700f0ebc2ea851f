#!/bin/sh
# As the real image: no password, no server.
[ -n "$POSTGRES_PASSWORD" ] || { echo "Error: superuser password is not specified." >&2; exit 1; }
data=/var/lib/postgresql/data
mkdir -p "$data"
[ -f "$data/PG_VERSION" ] || { sleep 1; echo 17 >"$data/PG_VERSION"; echo "initialised $data"; }
printf '#!/bin/sh\nprintf N\n' >/tmp/answer
chmod +x /tmp/answer
trap 'exit 0' TERM INT
echo "database system is ready to accept connections"
nc -ll -p 5432 -e /tmp/answer &
wait
