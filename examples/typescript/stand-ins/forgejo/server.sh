#!/bin/sh
host=${FORGEJO__database__HOST%:*} port=${FORGEJO__database__HOST#*:}
answers() { [ "$(printf '\000\000\000\010\004\322\026\057' | nc -w 2 "$host" "$port")" = N ]; }
# As the real one, which tries ten times.
tries=0
until answers; do
    tries=$((tries + 1))
    echo "ORM engine initialization attempt #$tries/10 failed"
    [ $tries -lt 10 ] || exit 1
    sleep 1
done
[ -n "$FORGEJO__database__PASSWD" ] || { echo "no password for the database" >&2; exit 1; }
mkdir -p /data /www/api
echo used >>/data/starts
echo '{"status": "pass"}' >/www/api/healthz
echo '<title>Forgejo</title>' >/www/index.html
trap 'exit 0' TERM INT
echo "Listen: http://0.0.0.0:3000"
httpd -f -p 3000 -h /www &
wait
