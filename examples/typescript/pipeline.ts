// A pipeline: what is built is checked by three jobs at once, one of them beside a database. It is published if they all find it
// good, and taken away if not. Usage: pipeline [image [name [--break]]], which makes a check fail; a shell and nc are needed.
import { graph, runGraph } from "perry-container/workloads";

const image = process.argv[2] ?? "docker.io/library/alpine:3.20";
const name = process.argv[3] ?? "perry-pipeline";
const broken = process.argv[4] === "--break";
const volumes = ["store:/store"];

function sh(script: string): string[] {
  return ["sh", "-c", script];
}

const pipeline = graph(
  name,
  (g) => {
    const db = g.node("db", {
      image,
      cmd: sh("echo ready; while true; do echo 3 rows | nc -l -p 5432; done"),
      expose: [5432],
      ready: { log: "ready" },
      keep: false, // it is stopped once no job needs it
      stop_signal: "SIGKILL",
    });
    const build = g.node("build", {
      image,
      kind: "job",
      cmd: sh("echo a program >/store/app; echo 1.4.2 >/store/version"),
      volumes,
      outputs: { version: { from: "file", path: "/store/version" } },
    });
    const unit = g.node("unit", {
      image,
      cmd: sh(broken ? "echo '1 of 12 tests failed'; exit 3" : "grep program /store/app && echo '12 tests passed'"),
      volumes,
      depends_on: [build],
    });
    const lint = g.node("lint", { image, cmd: sh("! grep TODO /store/app"), volumes, depends_on: [build] });
    const integration = g.node("integration", {
      image,
      env: { DB: db.endpoint() },
      cmd: sh('rows=$(nc -w 5 "${DB%:*}" "${DB#*:}" </dev/null); echo "the database has $rows"; [ "$rows" = "3 rows" ]'),
      retry: { limit: 2, delay: "200ms" },
      volumes,
      depends_on: [build],
    });
    // To read an exit code is to wait for the end, whichever it is.
    const codes = [unit.exitCode(), lint.exitCode(), integration.exitCode()];
    const verdict = g.node("verdict", {
      image,
      cmd: [...sh('echo "exit codes: $*"; for code in "$@"; do [ "$code" = 0 ] || exit 1; done'), "verdict", ...codes],
    });
    const publish = g.node("publish", {
      image,
      kind: "job",
      env: { VERSION: build.output("version") },
      cmd: sh('mv /store/app "/store/app-$VERSION" && echo "published $VERSION"'),
      volumes,
      depends_on: [verdict],
    });
    const discard = g.node("discard", {
      image,
      kind: "job",
      cmd: sh("rm /store/app && echo discarded"),
      volumes,
      depends_on: { verdict: { condition: "failed" } },
    });
    return { db, build, unit, lint, integration, verdict, publish, discard };
  },
  { volumes: { store: {} } },
);

async function main(): Promise<void> {
  const run = await runGraph(pipeline, { onFailure: "partialContinue", timeout: "5m" });
  try {
    const status = await run.status();
    const nodes = Object.keys(pipeline.nodes) as (keyof typeof pipeline.nodes)[];
    for (const node of nodes) console.log(`${node}: ${status.phases[node]}`);
    for (const node of nodes) {
      if (status.phases[node] !== "failed") continue;
      const said = await run.logs(node);
      console.log(`${node} (exit code ${status.details[node].exitCode}) said: ${said.stdout.trim()}`);
    }
    const last = status.healthy ? "publish" : "discard";
    console.log((await run.logs(last)).stdout.trim());
  } finally {
    const report = await run.down({ volumes: true });
    console.log(`down: ${report.containers_removed} containers, ${report.volumes_removed} volumes`);
  }
}

main();
