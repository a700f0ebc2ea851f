// A stack of three services: the workers wait until the queue is healthy, are scaled, and are watched as they work.
// Usage: stack [image]; any image with a shell will do.
import { ComposeSpec, up } from "perry-container/compose";

const image = process.argv[2] ?? "docker.io/library/alpine:3.20";
const spec: ComposeSpec = {
  name: "perry-example",
  services: {
    queue: {
      image,
      command: ["sh", "-c", "sleep 1; touch /tmp/ready; exec sleep 3600"],
      healthcheck: { test: ["CMD", "test", "-f", "/tmp/ready"], interval: "500ms", retries: 20 },
      stop_signal: "SIGKILL",
    },
    worker: {
      image,
      command: ["sh", "-c", "i=0; while true; do i=$$((i+1)); echo job $$i; sleep 0.2; done"],
      depends_on: { queue: { condition: "service_healthy" } },
      stop_signal: "SIGKILL",
    },
    web: {
      image,
      command: ["sleep", "3600"],
      depends_on: ["queue"],
      stop_signal: "SIGKILL",
    },
  },
};

async function main(): Promise<void> {
  const stack = await up(spec, { wait: true, waitTimeout: 60 });
  try {
    for (const row of await stack.ps())
      console.log(`${row.service}: ${row.status}${row.health ? `, ${row.health}` : ""}`);

    await stack.scale({ worker: 3 });
    const workers = (await stack.ps()).filter((row) => row.service === "worker");
    console.log(`${workers.length} workers`);

    let lines = 0;
    for await (const record of await stack.followLogs({ services: ["worker"] })) {
      lines += 1;
      if (record.text === "job 3") console.log(`worker ${record.replica} has done 3 jobs`);
      if (lines === 30) break;
    }
    const inside = await stack.exec("web", ["hostname"]);
    console.log(`exec: exit code ${inside.exitCode}`);
  } finally {
    const report = await stack.down({ volumes: true });
    console.log(`down: ${report.containers_removed} containers, ${report.networks_removed} networks`);
  }
}

main();
