// How programs end: by themselves, with a status of their own, or with work under way.
import { exec, init, remove, run, setBackend } from "perry-container";

const backend = process.argv[2];
const how = process.argv[3];
const name = process.argv[4]!;

async function main(): Promise<void> {
  init();
  const image = process.env["PERRY_TEST_IMAGE"]!;
  await setBackend(backend!);
  const container = await run({ name, image, network: "none", cmd: ["sleep", "600"], stop_signal: "KILL" });
  if (how === "busy") {
    // Nobody waits for this one: the loop stays alive until it has settled.
    exec(container.id, ["sh", "-c", "sleep 0.3; echo late"]).then(async (result) => {
      console.log(result.stdout.trim());
      await remove(container.id, true);
    });
    return;
  }
  if (how === "leave") {
    // In the middle of a call, and without a word to the library.
    exec(container.id, ["sleep", "0.5"]).then(() => console.log("never"));
    setTimeout(() => process.exit(5), 100);
    return;
  }
  await remove(container.id, true);
  if (how === "exit") process.exit(3);
  console.log("done");
}

main();
