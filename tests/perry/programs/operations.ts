// Every operation of the table, once at least, against a real engine. One line each: its symbol, and what came of it.
import * as c from "perry-container";
import { ContainerError, RecordStream } from "perry-container";
import * as compose from "perry-container/compose";
import * as workloads from "perry-container/workloads";

const backend = process.argv[2]!;
const context = process.argv[3]!;
const prefix = process.argv[4]!;
const registry = process.env["PERRY_TEST_REGISTRY"]!;
const image = process.env["PERRY_TEST_IMAGE"]!;

async function tell(symbol: string, attempt: () => unknown): Promise<void> {
  try {
    const held = await attempt();
    console.log(symbol, held === true ? "ok" : `wrong: ${JSON.stringify(held)}`);
  } catch (error) {
    if (error instanceof ContainerError) console.log(symbol, error.code, error.kind, error.message);
    else console.log(symbol, "foreign", String(error));
  }
}

// The compiler takes includes() for an array's where it does not know the type.
function has(text: string, part: string): boolean {
  return text.indexOf(part) >= 0;
}

async function done(pending: Promise<void>): Promise<boolean> {
  return (await pending) === undefined;
}

async function gathered<T>(stream: RecordStream<T>, enough: (record: T) => boolean): Promise<boolean> {
  for await (const record of stream) if (enough(record)) return true;
  return false;
}

async function engine(): Promise<void> {
  await tell("js_container_module_init", () => c.init() === undefined);
  await tell("js_container_setBackend", async () => (await c.setBackend(backend)).name === backend);
  await tell("js_container_setBackends", async () => (await c.setBackends([backend])).name === backend);
  await tell("js_container_getBackend", () => c.getBackend() === backend);
  await tell("js_container_getBackendPriority", () => c.getBackendPriority()[0] === backend);
  await tell("js_container_detectBackend", async () => (await c.detectBackend()).some((row) => row.available));
  await tell("js_container_getAvailableBackends", async () =>
    (await c.getAvailableBackends()).some((row) => row.name === backend && row.available),
  );
  await tell("js_container_selectBackendFor", async () =>
    [await c.selectBackendFor({ image }), await c.selectBackendFor({ services: { one: { image } } })].every((name) => name === backend),
  );
  await tell("js_container_doctor", async () => {
    const report = await c.doctor();
    return report.chosen === backend && report.runtimes.some((row) => row.name === backend && row.state === "ready");
  });
  await tell("js_container_install", async () => {
    const found = await c.install();
    return found.ran === undefined && found.options.some((row) => row.id === "install:podman");
  });
}

async function containers(): Promise<void> {
  const id = `${prefix}-one`;
  const spec = { image, network: "none", cmd: ["sh", "-c", "echo out; echo err >&2; sleep 600"], stop_signal: "KILL" };
  await tell("js_container_create", async () => (await c.create({ ...spec, name: id })).name === id);
  await tell("js_container_start", () => done(c.start(id)));
  await tell("js_container_inspect", async () => (await c.inspect(id)).status === "running");
  await tell("js_container_list", async () => (await c.list()).some((row) => row.name === id));
  await tell(
    "js_container_exec",
    async () => (await c.exec(id, ["sh", "-c", "cat; exit 3"], { stdin: "in" })).stdout === "in",
  );
  const stream = await c.followLogs(id);
  await tell("js_container_streamNext", async () => ((await stream.read()) ?? []).length > 0);
  await tell("js_container_streamClose", () => done(stream.close()));
  await tell("js_container_followLogs", async () =>
    gathered(await c.followLogs(id), (chunk) => has(chunk.text, "err")),
  );
  await tell("js_container_logs", async () => (await c.logs(id, { tail: 5 })).stdout === "out\n");
  await tell("js_container_stats", async () => (await c.stats(id)).memoryUsage >= 0);
  await tell("js_container_stop", () => done(c.stop(id, 1)));
  await tell("js_container_wait", async () => (await c.wait(id, { timeout: 20 })).exitCode !== 0);
  await tell("js_container_remove", () => done(c.remove(id)));
  await tell("js_container_run", async () => {
    const made = await c.run({ ...spec, name: id });
    return made.id.length === 64;
  });
  await tell(
    "js_container_removeIfExists",
    async () => (await c.removeIfExists(id, true)) && !(await c.removeIfExists(id)),
  );
  await tell("alloy_container_run_capability", async () => {
    const verify = { id: (await c.inspectImage(image)).id };
    const done = await c.runCapability({ name: "echo", image, command: ["echo", "capable"], verify });
    return has(done.stdout, "capable") && done.exitCode === 0 && done.isolation.network === "none";
  });
}

async function images(): Promise<void> {
  const built = `localhost/${prefix}:1`;
  const pushed = `${registry}/${prefix}:1`;
  await tell("js_container_build", async () => (await c.build({ context, tags: [pushed] }, built)).id.length > 8);
  await tell("js_container_listImages", async () => (await c.listImages()).some((row) => has(row.repository, prefix)));
  await tell("js_container_inspectImage", async () => (await c.inspectImage(built)).labels["made"] === "here");
  await tell("js_container_pushImage", () => done(c.pushImage(pushed)));
  await tell(
    "js_container_removeImage",
    async () => (await done(c.removeImage(pushed))) && done(c.removeImage(built, true)),
  );
  await tell("js_container_pullImage", async () => (await done(c.pullImage(pushed))) && done(c.removeImage(pushed)));
  await tell("js_container_verifyImage", async () => {
    const pin = (await c.inspectImage(image)).id;
    const found = await c.verifyImage(image, { digests: [pin.startsWith("sha256:") ? pin : `sha256:${pin}`] });
    return found.verified && found.source === "pin";
  });
}

async function networksAndVolumes(): Promise<void> {
  const name = `${prefix}-thing`;
  await tell("js_container_createNetwork", async () => (await c.createNetwork(name, { internal: true })).internal);
  await tell("js_container_inspectNetwork", async () => (await c.inspectNetwork(name)).name === name);
  await tell("js_container_listNetworks", async () => (await c.listNetworks()).some((row) => row.name === name));
  await tell("js_container_removeNetwork", () => done(c.removeNetwork(name)));
  await tell(
    "js_container_createVolume",
    async () => (await c.createVolume(name, { labels: { a: "b" } })).labels["a"] === "b",
  );
  await tell("js_container_inspectVolume", async () => (await c.inspectVolume(name)).name === name);
  await tell("js_container_listVolumes", async () => (await c.listVolumes()).some((row) => row.name === name));
  await tell("js_container_removeVolume", () => done(c.removeVolume(name)));
}

async function stacks(): Promise<void> {
  const name = `${prefix}stack`;
  const service = { image, command: ["sh", "-c", "echo up; exec sleep 600"], stop_signal: "SIGKILL" };
  const pushable = `${registry}/${prefix}-web:1`;
  const spec: compose.ComposeSpec = {
    name,
    services: { db: service, web: { ...service, image: pushable, build: { context }, depends_on: ["db"] } },
  };
  const happening = await compose.progress();
  await tell("js_compose_load", async () => {
    const project = await compose.load({ projectDirectory: context, projectName: name });
    return project.name === name && Object.keys(project.services).length === 1;
  });
  await tell("js_compose_plan", async () => (await compose.plan(spec)).steps.length > 3);
  let stack: compose.Stack | null = null;
  await tell("js_compose_up", async () => {
    stack = await compose.up(spec);
    return stack.handle > 0;
  });
  if (stack === null) return;
  const up: compose.Stack = stack;
  await tell("js_compose_progress", () => gathered(happening, (record) => record.kind === "step"));
  const events = await up.events();
  await tell("js_compose_ps", async () => (await up.ps()).filter((row) => row.status === "running").length === 2);
  await tell("js_compose_status", async () => (await up.status()).services["web"]?.running === 1);
  await tell("js_compose_graph", async () => (await up.graph()).edges[0]?.to === "db");
  await tell("js_compose_config", async () => has(await up.config(), `name: ${name}`));
  await tell("js_compose_logs", async () =>
    (await up.logs({ service: "db" })).every((record) => record.service === "db"),
  );
  await tell("js_compose_followLogs", async () => gathered(await up.followLogs(), (record) => record.text === "up"));
  await tell("js_compose_exec", async () => (await up.exec("db", ["echo", "hello"])).stdout === "hello\n");
  await tell(
    "js_compose_run",
    async () => (await up.run("db", { cmd: ["sh", "-c", "echo off; exit 5"] })).exitCode === 5,
  );
  await tell("js_compose_scale", async () => {
    await up.scale({ db: 2 });
    return (await up.ps()).filter((row) => row.service === "db").length === 2;
  });
  await tell("js_compose_stop", () => done(up.stop(["web"], { timeout: 1 })));
  await tell("js_compose_start", () => done(up.start(["web"])));
  await tell("js_compose_restart", () => done(up.restart(["web"], { timeout: 1 })));
  await tell("js_compose_pause", () => done(up.pause(["web"])));
  await tell("js_compose_unpause", () => done(up.unpause()));
  await tell("js_compose_kill", () => done(up.kill(["web"], { signal: "SIGKILL" })));
  await tell("js_compose_events", () => gathered(events, (record) => record.action === "die"));
  await tell("js_compose_build", async () => (await up.buildImages()).errors.length === 0);
  await tell("js_compose_push", async () => (await compose.push(up, { services: ["web"] })).images.length === 1);
  await tell(
    "js_compose_pull",
    async () => (await up.pullImages({ services: ["web"], ignoreFailures: true })).images.length === 1,
  );
  await tell("js_compose_attach", async () => (await (await compose.attach(name)).ps()).length === 3);
  await tell("js_compose_down", async () => {
    const report = await up.down({ volumes: true, images: "local", timeout: 1 });
    return report.errors.length === 0 && report.containers_removed === 3;
  });
  const small = { name, services: { db: service } };
  await tell("js_container_composeUp", async () => (await (await c.composeUp(small)).ps()).length === 1);
  await tell("js_container_downByProject", async () => (await c.downByProject(name)).containers_removed === 1);
  await c.composeUp(small);
  await tell("js_container_downAll", async () => (await c.downAll({ volumes: true })).containers_removed === 1);
}

async function graphs(): Promise<void> {
  const name = `${prefix}graph`;
  const serving = { image, cmd: ["sh", "-c", "echo up; exec sleep 600"], stop_signal: "KILL" };
  const app = workloads.graph(name, (g) => {
    const db = g.node("db", { ...serving, expose: [5432] });
    const seed = g.node("seed", { image, cmd: ["sh", "-c", "echo $URL"], env: { URL: db.endpoint() } });
    const web = g.node("web", { ...serving, env: { SEED: seed.output() } });
    return { db, seed, web };
  });
  await tell("js_workload_node", () => app.nodes.web.name === "web");
  await tell("js_workload_graph", () => app.name === name);
  await tell("js_workload_inspectGraph", async () => (await workloads.inspectGraph(app)).levels.length === 3);
  await tell(
    "js_workload_planGraph",
    async () => (await workloads.planGraph(app, { only: ["db"] })).nodes.db === "pending",
  );
  let running: workloads.GraphHandle | null = null;
  await tell("js_workload_runGraph", async () => {
    running = await workloads.runGraph(app, { strategy: "dependencyAware", onFailure: "rollbackAll" });
    return running.handle > 0;
  });
  const run: workloads.GraphHandle = running ?? new workloads.GraphHandle(0);
  await tell("js_workload_handle_status", async () => (await run.status()).healthy);
  await tell("js_workload_handle_wait", async () => (await run.wait({ timeout: 30 })).nodes["seed"] === "stopped");
  await tell("js_workload_handle_graph", async () => (await run.graph()).edges.length === 2);
  await tell("js_workload_handle_ps", async () => (await run.ps()).length === 3);
  await tell("js_workload_handle_logs", async () => (await run.logs("seed")).stdout === "db:5432\n");
  await tell("js_workload_handle_exec", async () =>
    (await run.exec("web", ["sh", "-c", "echo $SEED"])).stdout === "db:5432\n");
  await tell("js_workload_handle_followLogs", async () =>
    gathered(await run.followLogs({ nodes: ["web"] }), (chunk) => chunk.node === "web" && has(chunk.text, "up")));
  await tell("js_workload_attach", async () => (await (await workloads.attachGraph(name)).ps()).length === 3);
  await tell("js_workload_handle_events", async () => {
    const events = await run.events();
    await c.stop(`${name}-web-1`, 1);
    return gathered(events, (event) => event.node === "web" || event["service"] === "web");
  });
  await tell("js_workload_handle_down", async () => (await run.down()).containers_removed === 3);
}

async function main(): Promise<void> {
  await engine();
  await containers();
  await images();
  await networksAndVolumes();
  await stacks();
  await graphs();
}

main();
