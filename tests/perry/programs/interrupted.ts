// A stack is up, and the program goes on until it is interrupted.
import { init, setBackend } from "perry-container";
import { up } from "perry-container/compose";

async function main(): Promise<void> {
  if (process.argv[4] !== "without") init();
  await setBackend(process.argv[2]!);
  const service = { image: process.env["PERRY_TEST_IMAGE"]!, command: ["sleep", "600"], stop_signal: "SIGKILL" };
  await up({ name: process.argv[3]!, services: { one: service, two: service } });
  console.log("up");
  setInterval(() => undefined, 1000);
}

main();
