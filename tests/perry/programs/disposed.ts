// await using: at the end of the block a stack or a graph goes down and a stream is closed; what is down already is left alone.
import { list, setBackend } from "perry-container";
import { ComposeSpec, up } from "perry-container/compose";
import { graph, runGraph } from "perry-container/workloads";

const project = process.argv[3]!;
const service = { image: process.env["PERRY_TEST_IMAGE"]!, command: ["sleep", "600"], stop_signal: "SIGKILL" };
const spec: ComposeSpec = { name: project, services: { one: service } };

async function running(): Promise<number> {
  return (await list()).filter((row) => row.labels["com.docker.compose.project"] === project).length;
}

async function main(): Promise<void> {
  await setBackend(process.argv[2]!);
  {
    await using stack = await up(spec);
    await using events = await stack.events();
    console.log("inside", await running(), events.handle > 0);
  }
  console.log("after", await running());
  {
    await using stack = await up(spec);
    await stack.down();
  }
  console.log("down by hand", await running());
  {
    const one = { image: service.image, cmd: service.command, stop_signal: service.stop_signal };
    await using run = await runGraph(graph(project, { one }));
    await using events = await run.events();
    console.log("graph", await running(), events.handle > 0);
  }
  console.log("graph after", await running());
}

main();
