// Wrong use of workload graphs: what stands after "//!" has to be the code of the error on its line, and a part of its text.
import { graph, node, policy, ref, runGraph } from "perry-container/workloads";

graph("object", { db: { image: "x" }, web: { image: "x", depends_on: ["bd"] } }); //! 2322 "bd"
graph("object", { db: { image: "x" }, web: { image: "x", depends_on: { bd: {} } } }); //! 2353 'bd' does not exist
graph("object", { db: { image: "x" }, web: { image: "x", dependsOn: ["bd"] } }); //! 2322 "bd"
graph("object", { db: { imagee: "x" } }); //! 2561 'imagee' does not exist
graph("object", { db: { image: "x" }, web: { env: { A: { nodeId: "bd", projection: "host" } } } }); //! 2322 "bd"
graph("object", { db: { image: "x" }, web: { cmd: [{ nodeId: "db", projection: "adress" }] } }); //! 2322 "adress"
graph("object", { db: { image: "x" } }, { edges: [{ from: "db", to: "bd" }] }); //! 2322 "bd"
graph("object", { db: { image: "x", retry: { limmit: 3 } } }); //! 2561 'limmit' does not exist
graph("object", { db: { image: "x", policy: { tier: "hardend" } } }); //! 2820 "hardend"

graph("builder", (g) => { //! 2345 "bd"
  const db = g.node("db", { image: "x" });
  const web = g.node("web", { image: "x", depends_on: ["bd"] });
  return { db, web };
});
graph("builder", (g) => ({ //! 2345 "bd"
  db: g.node("db", { image: "x" }),
  web: g.node("web", { image: "x", depends_on: { bd: { condition: "ready" } } }),
}));
graph("builder", (g) => { //! 2345 "db"
  const db = g.node("db", { image: "x" });
  const web = g.node("web", { image: "x", env: { URL: ref`http://${db.endpoint(80)}/` } });
  return { web };
});
graph("builder", (g) => { //! 2345 "database"
  const db = g.node("db", { image: "x" });
  return { database: db };
});
graph("builder", (g) => {
  const job = g.node("job", { image: "x", outputs: { tag: { from: "stdout" }, report: { json: true } } });
  const web = g.node("web", { image: "x", env: { A: job.output("tgs"), B: job.output("report.total") } }); //! 2345 "tgs"
  return { job, web };
});
graph("builder", (g) => {
  const job = g.node("job", { image: "x" });
  const web = g.node("web", { image: "x", env: { A: job.output("tag"), B: job.output() } }); //! 2345 "tag"
  return { job, web };
});
graph("builder", (g) => {
  const db = g.node("db", { imagee: "x" }); //! 2561 imagee
  const web = g.node("web", { image: "x", depends_on: [db], env: { A: ref`${db}` } }); //! 2345 GraphNode
  return { db, web };
});
graph("builder", (g) => ({
  db: g.node("db", { image: "x", depends_on: { web: { condition: "helthy" } } }), //! 2322 "helthy"
  web: g.node("web", { image: "x" }),
}));
node("db", { image: "x" }).adress(); //! 2339 adress
policy.hardened({ tier: "isolated" }); //! 2353 tier

async function handles(): Promise<void> {
  const app = graph("app", { db: { image: "x" }, smoke: { image: "x" } });
  await runGraph(app, { only: ["smoek"] }); //! 2820 "smoek"
  await runGraph(app, { onFailure: "rollbackall" }); //! 2820 "rollbackall"
  const run = await runGraph(app);
  await run.logs("smoek"); //! 2345 "smoek"
  await run.exec("smoek", ["ls"]); //! 2345 "smoek"
  await run.followLogs({ nodes: ["smoek"] }); //! 2820 "smoek"
  const status = await run.status();
  console.log(status.nodes.smoek); //! 2551 'smoek'
  console.log(status.phases.db === "redy"); //! 2367 "redy"
  for await (const event of await run.events()) console.log(event.node === "smoek"); //! 2367 "smoek"
}

handles();
