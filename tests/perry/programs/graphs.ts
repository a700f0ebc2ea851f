// What graphs become, without an engine: each line is JSON, or what came of a call.
import { attachGraph, ContainerError, graph, haltedGraph, node, policy, ref, runGraph, runtime } from "perry-container/workloads";

const shop = graph("shop", (g) => {
  const db = g.node("db", {
    image: "postgres:16",
    env: { POSTGRES_PASSWORD: "x" },
    ports: ["5432"],
    policy: policy.hardened({ egress: false }),
    healthcheck: { test: ["CMD", "pg_isready", "-U", "postgres"], interval: "1s" },
  });
  const url = ref`postgres://postgres:x@${db.endpoint(5432)}/postgres`;
  const migrate = g.node("migrate", {
    image: "shop/migrate:3",
    kind: "job",
    env: { URL: url, AGAIN: ref`${url}?tries=${3}`, PLAIN: 1 },
    retry: { limit: 3, delay: "1s", factor: 2 },
    timeout: "2m",
    outputs: { version: { from: "file", path: "/out/version.json", json: true } },
  });
  const api = g.node("api", {
    image: "shop/api:3",
    env: { URL: url, VERSION: migrate.output("version.major"), SAID: migrate.output(), CODE: migrate.exitCode() },
    cmd: ["--db", db.host(), db.ip()],
    ports: ["127.0.0.1::8080"],
    depends_on: [migrate, "db"],
  });
  const smoke = g.node("smoke", { image: "shop/smoke:3", cmd: ["check", api.internalUrl(8080), api.internalUrl(8443, "https")] });
  const outside = g.node("outside", {
    image: "shop/smoke:3",
    network: "host",
    cmd: [api.hostUrl(), api.hostEndpoint("8080"), db.containerName(), db.containerId()],
  });
  const undo = g.node("undo", {
    image: "shop/migrate:3",
    cmd: ["down"],
    depends_on: { smoke: { condition: "failed" }, migrate: { required: false } },
  });
  return { db, migrate, api, smoke, outside, undo };
});

const plain = graph(
  "plain",
  {
    db: { image: "x", runtime: runtime.microvm({ memory: "1g" }) },
    web: { image: "x", dependsOn: ["db"], runtime: runtime.auto(), policy: policy.isolated() },
    old: node("old", { image: "y", depends_on: { web: {} } }),
  },
  { edges: [{ from: "web", to: "old", condition: "started" }], volumes: { data: null } },
);

// The types keep a name from being misspelt where the compiler knows them; where it does not, anything goes.
function fan(count: number): Record<string, ReturnType<typeof node>> {
  const nodes: Record<string, ReturnType<typeof node>> = {};
  for (let at = 0; at < count; at++) nodes[`part-${at}`] = node(`part-${at}`, { image: "x" });
  return nodes;
}

async function tell(what: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt();
    console.log(what, "nothing");
  } catch (error) {
    if (error instanceof ContainerError) console.log(what, error.code, error.kind, haltedGraph(error) === null);
    else console.log(what, "foreign", String(error));
  }
}

async function main(): Promise<void> {
  console.log(JSON.stringify(shop));
  console.log(JSON.stringify(plain));
  const parts = fan(3);
  const all = graph("fan", () => ({ ...parts, end: node("end", { image: "x", depends_on: Object.keys(parts) }) }));
  console.log(JSON.stringify(all));
  const halted = haltedGraph<"db">(new ContainerError(500, "ServiceStartupFailed", "db failed", { graph: 7 }));
  console.log(halted?.handle, haltedGraph(new Error("else")));
  await tell("empty", () => runGraph(graph("Bad Name", {})));
  await tell("not a name", () => attachGraph(7 as never as string));
}

main();
