# What the demo's container runs: a few lines of log, then it waits until it is asked to stop.
trap 'echo "asked to stop, good bye"; exit 0' TERM
for i in 1 2 3 4 5; do
    echo "line $i of 5, written by process $$ in the container"
    /bin/busybox sleep 0.6
done
while :; do /bin/busybox sleep 0.1; done
