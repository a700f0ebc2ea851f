// Texts of every size and script go to a container's standard input and come back.
import { exec, remove, run, setBackend } from "perry-container";
import { graph, node } from "perry-container/workloads";

const lone = "lone \uD800 surrogate";
const texts: [string, string][] = [
  ["empty", ""],
  ["two bytes", "ab"],
  ["emoji", "🐘 and 👩‍👩‍👧‍👦"],
  ["cjk", "容器编排 コンテナ 컨테이너"],
  ["right to left", "حاوية ומכולה"],
  ["quotes and newlines", "\"quoted\"\n'single'\r\n\\back\t`tick` ${x}"],
  ["controls", "\u0001\u0007\u001b[31m\u007f"],
  ["1 MiB", "x".repeat(1 << 20)],
  ["10 MiB of three bytes each", "容".repeat(Math.floor((10 << 20) / 3))],
];

async function main(): Promise<void> {
  await setBackend(process.argv[2]!);
  const image = process.env["PERRY_TEST_IMAGE"]!;
  const container = await run({ image, network: "none", cmd: ["sleep", "600"], stop_signal: "KILL" });
  try {
    for (const [name, text] of texts) {
      const back = await exec(container.id, ["cat"], { stdin: text });
      console.log(name, back.exitCode, back.stdout === text, back.stdout.length === text.length);
    }
    const words = texts.slice(1, 7).map(([, text]) => text);
    const echoed = await exec(container.id, ["printf", "%s|", ...words]);
    console.log("arguments", echoed.stdout === words.map((word) => `${word}|`).join(""));
  } finally {
    await remove(container.id, true);
  }
  for (const [name, text] of texts.slice(0, 8)) {
    console.log("at once", name, node(text, { env: { text } }).env?.["text"] === text);
  }
  console.log("names", graph('容器 "x"', {}).name === '容器 "x"');
  try {
    const back = node("n", { env: { lone } });
    console.log("lone surrogate", typeof back.env?.["lone"]);
  } catch (error) {
    console.log("lone surrogate", String(error));
  }
}

main();
