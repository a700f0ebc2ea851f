// Errors as programs catch them.
import * as containers from "perry-container";
import { ContainerError } from "perry-container";

async function caught(name: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt();
    console.log(name, "no error");
  } catch (error) {
    if (!(error instanceof ContainerError)) {
      console.log(name, "foreign", String(error));
      return;
    }
    const honest = error instanceof Error && error.name === "ContainerError" && error.message.length > 0;
    console.log(name, error.code, error.kind, honest);
  }
}

async function main(): Promise<void> {
  const image = process.env["PERRY_TEST_IMAGE"]!;
  await containers.setBackend(process.argv[2]!);
  await caught("not there", () => containers.inspect("not-there"));
  await caught("no image", () => containers.run({ image: "localhost/not-there:1", pull_policy: "never" }));
  await caught("bad member", () => containers.run({ image, colour: "red" } as never));
  await caught("not text", () => containers.inspect(7 as never));
  await caught("absent", () => containers.run(undefined as never));
  await caught("unknown backend", () => containers.setBackend("abacus"));
  const taken = await containers.create({ image, network: "none" });
  await caught("taken", () => containers.create({ image, name: taken.name!, network: "none" }));
  await containers.remove(taken.id, true);
  try {
    await containers.run({ image, colour: "red" } as never);
  } catch (error) {
    if (error instanceof ContainerError) console.log("details", JSON.stringify(error.details["path"]));
  }
  // then and catch, without await
  containers.inspect("not-there").then(
    () => console.log("fulfilled"),
    (error: ContainerError) => console.log("then", error.code),
  );
}

main();
