// Runs a container and prints what it says.
import { ContainerError, logs, remove, run, wait } from "perry-container";

async function main(): Promise<void> {
  const image = process.argv[2] ?? "docker.io/library/alpine:3.20";
  try {
    const container = await run({ image, cmd: ["echo", "hello from a container"] });
    const { exitCode } = await wait(container.id);
    const { stdout } = await logs(container.id);
    console.log(`${stdout.trim()} (exit code ${exitCode})`);
    await remove(container.id);
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    console.error(`${error.kind} ${error.code}: ${error.message}`);
    process.exit(1);
  }
}

main();
