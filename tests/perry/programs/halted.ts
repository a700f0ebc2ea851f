// haltGraph leaves what runs and rejects with a handle of it; what is mended then resumes, and what was done stays done.
import { ContainerError, attachGraph, graph, haltedGraph, runGraph } from "perry-container/workloads";
import type { GraphHandle } from "perry-container/workloads";

const image = process.env["PERRY_TEST_IMAGE"]!;
const name = process.argv[2]!;

function app(exit: number) {
  return graph(name, (g) => {
    const db = g.node("db", { image, cmd: ["sleep", "600"], stop_signal: "KILL" });
    const seed = g.node("seed", { image, kind: "job", cmd: ["echo", "seeded"], depends_on: [db] });
    const job = g.node("job", { image, env: { SEED: seed.output() }, cmd: ["sh", "-c", `echo "$SEED"; exit ${exit}`] });
    const last = g.node("last", { image, kind: "job", cmd: ["true"], env: { CODE: job.output() } });
    return { db, seed, job, last };
  });
}

async function halted(): Promise<GraphHandle | null> {
  try {
    await runGraph(app(3), { onFailure: "haltGraph" });
  } catch (error) {
    if (error instanceof ContainerError) console.log(error.code, error.kind, error.details["node"], error.details["exitCode"]);
    return haltedGraph(error);
  }
  return null;
}

async function main(): Promise<void> {
  const left = await halted();
  if (left === null) return;
  const status = await left.status();
  console.log(JSON.stringify(status.phases), status.healthy);
  console.log(JSON.stringify((await left.logs("job")).stdout));
  const run = await runGraph(app(0), { resume: true });
  const { details } = await run.status();
  console.log(details.db.reused, details.seed.reused, details.job.reused, details.last.phase);
  const other = await attachGraph<"db" | "last">(name);
  console.log("attached", (await other.status()).nodes.db, (await other.graph()).edges.length);
  console.log("removed", (await run.down()).errors.length);
}

main();
