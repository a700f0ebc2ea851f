// Builds an image from a folder, runs it, and takes both away again.
// Usage: build FOLDER [base image]
import { build, inspectImage, logs, remove, removeImage, run, wait } from "perry-container";

const name = "localhost/perry-example-greeter:1";

async function main(): Promise<void> {
  const context = process.argv[2] ?? "examples/typescript/image";
  const args: Record<string, string> = { GREETING: "good morning" };
  if (process.argv[3] !== undefined) args["BASE"] = process.argv[3];

  const built = await build({ context, args, labels: { purpose: "example" } }, name);
  const image = await inspectImage(name);
  console.log(`built ${built.id.slice(0, 19)}, label ${image.labels["purpose"]}`);

  const container = await run({ image: name, network: "none" });
  await wait(container.id);
  console.log((await logs(container.id)).stdout.trim());
  await remove(container.id);
  await removeImage(name);
}

main();
