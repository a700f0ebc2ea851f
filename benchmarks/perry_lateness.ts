// How late a timer of 10 ms fires: alone, while the library starts, and while a stack goes up. Milliseconds, as JSON.
import { getAvailableBackends, setBackend } from "perry-container";
import { ComposeSpec, up } from "perry-container/compose";

const period = 10;
let lateness: number[] = [];
let expected = 0;
let timer = 0;

function tick(): void {
  const now = performance.now();
  lateness.push(Math.max(0, now - expected));
  expected = now + period;
  timer = setTimeout(tick, period);
}

function begin(): void {
  lateness = [];
  expected = performance.now() + period;
  timer = setTimeout(tick, period);
}

function end(): number[] {
  clearTimeout(timer);
  // What is due by now and has not fired counts as well.
  const owed = performance.now() - expected;
  if (owed > 0) lateness.push(owed);
  return lateness;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

async function main(): Promise<void> {
  begin();
  await pause(400);
  const alone = end();

  begin();
  await getAvailableBackends();
  const cold = end();

  const backend = process.argv[2];
  let rising: number[] = [];
  if (backend !== undefined) {
    await setBackend(backend);
    const service = { image: process.env["PERRY_TEST_IMAGE"]!, command: ["sleep", "600"], stop_signal: "SIGKILL" };
    const spec: ComposeSpec = {
      name: "perry-lateness",
      services: {
        a: service,
        b: { ...service, depends_on: ["a"] },
        c: { ...service, depends_on: ["a"] },
        d: { ...service, depends_on: ["b", "c"] },
        e: service,
      },
    };
    begin();
    const stack = await up(spec);
    rising = end();
    await stack.down({ timeout: 1 });
  }
  console.log(JSON.stringify({ alone, cold, up: rising }));
}

main();
