// Where the library is found, or not.
import { ContainerError, getAvailableBackends, getBackend, getBackendPriority, init } from "perry-container";

async function main(): Promise<void> {
  init();
  console.log(getBackend(), getBackendPriority().length > 0);
  try {
    console.log((await getAvailableBackends()).length > 0);
  } catch (error) {
    if (error instanceof ContainerError)
      console.log(JSON.stringify({ code: error.code, kind: error.kind, ...error.details }));
  }
}

main();
