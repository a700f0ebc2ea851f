// Nobody catches this.
import { inspect, setBackend } from "perry-container";

async function main(): Promise<void> {
  await setBackend(process.argv[2]!);
  console.log("before");
  await inspect("not-there");
  console.log("after");
}

main();
