// Runs one command that need not be trusted, in a hardened container that is gone afterwards.
// Usage: sandbox IMAGE ID, where ID is the id of the image: what was built here is pinned; what comes from a registry is signed
// (verify: { keys: ["cosign.pub"] }).
import { runCapability } from "perry-container";

async function main(): Promise<void> {
  const done = await runCapability({
    image: process.argv[2] ?? "",
    command: ["sh", "-c", "wc -c < /in/letter; wget -q -T 1 http://169.254.169.254 2> /dev/null || echo no network; sleep 60"],
    input: { "/in/letter": "only to be counted" },
    timeout: "2s",
    verify: { id: process.argv[3] ?? "" },
  });
  console.log(done.stdout.trim());
  console.log(done.timedOut ? "ended at its time" : `exit code ${done.exitCode}`);
  console.log(`${done.isolation.level}, network ${done.isolation.network}, seccomp ${done.isolation.seccomp}`);
}

main();
