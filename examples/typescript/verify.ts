// Runs an image only if it is signed with a key: what runs is the digest that was verified, also where the tag moves meanwhile.
// Usage: verify IMAGE KEY
import { ContainerError, logs, remove, run, verifyImage, wait } from "perry-container";

async function main(): Promise<void> {
  const image = process.argv[2] ?? "";
  const verify = { keys: [process.argv[3] ?? "cosign.pub"] };

  try {
    const found = await verifyImage(image, verify);
    console.log(`${found.signatures.length} good signature, ${found.pinned}`);
  } catch (error) {
    if (!(error instanceof ContainerError) || error.kind !== "VerificationFailed") throw error;
    console.log(`not run: ${error.details["reason"]}`);
    return;
  }
  const container = await run({ image, verify, cmd: ["echo", "verified and run"], network: "none" });
  await wait(container.id);
  console.log((await logs(container.id)).stdout.trim());
  await remove(container.id);
}

main();
