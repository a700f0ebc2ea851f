import {
  ContainerError,
  followLogs,
  getBackend,
  inspect,
  listImages,
  logs,
  remove,
  run,
  setBackend,
  wait,
} from "perry-container";

async function main(): Promise<void> {
  console.log(getBackend());
  console.log((await setBackend(process.argv[2]!)).name);
  console.log(getBackend());
  const image = process.env["PERRY_TEST_IMAGE"]!;
  console.log((await listImages()).some((known) => `${known.repository}:${known.tag}` === image));
  const spec = { image, network: "none", cmd: ["sh", "-c", "echo one; sleep 0.2; echo two; echo three >&2; exit 7"] };
  const container = await run(spec);
  for await (const chunk of await followLogs(container.id)) console.log(chunk.stream, JSON.stringify(chunk.text));
  console.log((await wait(container.id)).exitCode);
  console.log(JSON.stringify(await logs(container.id)));
  console.log((await inspect(container.id)).status);
  await remove(container.id);
  try {
    await inspect(container.id);
  } catch (error) {
    if (error instanceof ContainerError) console.log(error.code, error.kind);
  }
}

main();
