// A thousand promises at once, and garbage collections while promises are pending.
import { ContainerError, exec, inspect, remove, run, selectBackendFor, setBackend } from "perry-container";

function churn(rounds: number): number {
  let kept: { text: string; list: number[] }[] = [];
  let total = 0;
  for (let i = 0; i < rounds; i++) {
    kept.push({ text: `garbage ${i} `.repeat(8), list: [i, i + 1, i + 2] });
    if (kept.length > 2000) {
      total += kept.length;
      kept = [];
    }
  }
  return total;
}

async function main(): Promise<void> {
  await setBackend(process.argv[2]!);
  const image = process.env["PERRY_TEST_IMAGE"]!;

  const pending: Promise<string | null>[] = [];
  for (let i = 0; i < 1000; i++) pending.push(selectBackendFor({ image, env: { NUMBER: String(i) } }));
  const answers = await Promise.all(pending);
  console.log(
    "1000 at once",
    answers.length,
    answers.every((name) => typeof name === "string"),
  );

  const container = await run({ image, network: "none", cmd: ["sleep", "600"], stop_signal: "KILL" });
  let right = 0;
  for (let round = 0; round < 5; round++) {
    const running: Promise<boolean>[] = [];
    for (let i = 0; i < 8; i++) {
      const text = `round ${round} number ${i}`;
      running.push(exec(container.id, ["cat"], { stdin: text }).then((result) => result.stdout === text));
    }
    churn(300000);
    for (const correct of await Promise.all(running)) if (correct) right++;
  }
  console.log("results after collections", right);

  let refusals = 0;
  for (let round = 0; round < 5; round++) {
    const missing: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i++) missing.push(inspect(`missing-${round}-${i}`));
    churn(300000);
    for (const [index, result] of (await Promise.allSettled(missing)).entries()) {
      if (result.status !== "rejected" || !(result.reason instanceof ContainerError)) continue;
      const reason = result.reason;
      if (reason.code === 404 && reason.kind === "NotFound" && reason.message.includes(`missing-${round}-${index}`))
        refusals++;
    }
  }
  console.log("errors after collections", refusals);
  await remove(container.id, true);
}

main();
