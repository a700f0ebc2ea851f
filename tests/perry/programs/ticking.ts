// The event loop turns while the library starts and while it works: timers fire between a call and its promise.
import { getAvailableBackends } from "perry-container";

let ticks = 0;
const timer = setInterval(() => ticks++, 1);

async function main(): Promise<void> {
  await getAvailableBackends();
  console.log("first call", ticks > 0);
  const before = ticks;
  await getAvailableBackends();
  console.log("second call", ticks > before);
  clearInterval(timer);
}

main();
