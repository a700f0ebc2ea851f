// A program for perry/workloads as its documentation has it; only the import line is another.
import { graph, inspectGraph, node, policy, runGraph, runtime } from "perry-container/workloads";

const image = process.env["PERRY_TEST_IMAGE"]!;
const name = process.argv[2]!;
const sleeping = { image, cmd: ["sleep", "600"], stop_signal: "KILL" };

async function main(): Promise<void> {
  const app = graph(name, {
    db: { ...sleeping, ports: ["5432"], env: { MODE: "fast" }, resources: { cpu: "0.5", memory: "64m" } },
    api: { ...sleeping, dependsOn: ["db"], runtime: runtime.oci(), policy: policy.default() },
    worker: node("worker", { ...sleeping, dependsOn: ["db", "api"], runtime: runtime.auto(), policy: policy.isolated() }),
  });
  const planned = await inspectGraph(app);
  console.log("inspected", JSON.stringify(planned.nodes), planned.healthy);
  const run = await runGraph(app);
  const status = await run.status();
  console.log("running", JSON.stringify(status.nodes), status.healthy);
  await run.down();
  const again = await runGraph(app, { strategy: "parallel-safe", onFailure: "rollback-all" });
  console.log("removed", (await again.down()).containers_removed);
}

main();
