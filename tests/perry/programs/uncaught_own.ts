// The same with an error of the program's own: how Perry ends a program.
class OwnError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OwnError";
  }
}

async function inspect(name: string): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 5));
  throw new OwnError(`${name} is not there`);
}

async function main(): Promise<void> {
  console.log("before");
  await inspect("not-there");
  console.log("after");
}

main();
