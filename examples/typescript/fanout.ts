// A data job that fans out: one job cuts the work into shares, each share is a job of its own, another puts their results
// together. Run again, it repeats nothing that is done and unchanged. Usage: fanout [image [name [shares]]]
import { graph, GraphNode, runGraph } from "perry-container/workloads";

const image = process.argv[2] ?? "docker.io/library/alpine:3.20";
const name = process.argv[3] ?? "perry-fanout";
const shares = Number(process.argv[4] ?? "4");

// {"share0":"1 5 9 ...","share1":"2 6 10 ..."}: the numbers up to 100, dealt out.
const CUT = `shares=$1 at=0
printf '{'
while [ $at -lt $shares ]; do
  [ $at = 0 ] || printf ','
  printf '"share%d":"%s"' $at "$(echo $(seq $((at + 1)) $shares 100))"
  at=$((at + 1))
done
printf '}'`;
const SUM = 'sum=0; for n in "$@"; do sum=$((sum + n)); done;';

const sums = graph(name, (g) => {
  const cut = g.node("cut", {
    image,
    cmd: ["sh", "-c", CUT, "cut", String(shares)],
    outputs: { work: { json: true } },
  });
  const parts: GraphNode[] = [];
  for (let at = 0; at < shares; at++) {
    const env = { NUMBERS: cut.output(`work.share${at}`) };
    parts.push(g.node(`share-${at}`, { image, env, cmd: ["sh", "-c", `set -- $NUMBERS; ${SUM} echo $sum`] }));
  }
  const results = parts.map((part) => part.output());
  const total = g.node("total", {
    image,
    cmd: ["sh", "-c", `${SUM} printf '{"total":%d,"shares":%d}' $sum $# >/report`, "total", ...results],
    outputs: { report: { from: "file", path: "/report", json: true } },
  });
  const tell = g.node("tell", {
    image,
    kind: "job",
    env: { TOTAL: total.output("report.total"), SHARES: total.output("report.shares") },
    cmd: ["sh", "-c", 'echo "$TOTAL from $SHARES shares"'],
  });
  const nodes: Record<string, GraphNode> = { cut, total, tell };
  for (const part of parts) nodes[part.name] = part;
  return nodes;
});

async function main(): Promise<void> {
  const run = await runGraph(sums, { parallel: 8 });
  try {
    console.log((await run.logs("tell")).stdout.trim());
    const again = await runGraph(sums, { resume: true });
    const details = Object.values((await again.status()).details);
    console.log(`again: ${details.filter((node) => node.reused).length} of ${details.length} jobs were done already`);
  } finally {
    console.log(`down: ${(await run.down()).containers_removed} containers`);
  }
}

main();
