// Forgejo with PostgreSQL, as one would run it: health checks, a network without a way out for the database, named volumes.
//
//   forgejo           brings it up, or brings it to this state, and says where it answers
//   forgejo --down    takes it down; the data stays
//   forgejo --purge   takes it down with its data
//
// FORGEJO_DB_PASSWORD is required. FORGEJO_PORT, FORGEJO_IMAGE and POSTGRES_IMAGE may be set. The project's tests run this
// program with stand-ins for the two images (see stand-ins/): they listen and answer as the real ones do, and are tiny.
import { ComposeSpec, ContainerError, attach, up } from "perry-container/compose";

const project = "forgejo";
const port = process.env["FORGEJO_PORT"] ?? "3000";
const forgejoImage = process.env["FORGEJO_IMAGE"] ?? "codeberg.org/forgejo/forgejo:11";
const postgresImage = process.env["POSTGRES_IMAGE"] ?? "docker.io/library/postgres:17-alpine";

function production(password: string): ComposeSpec {
  return {
    name: project,
    services: {
      db: {
        image: postgresImage,
        restart: "unless-stopped",
        environment: { POSTGRES_USER: "forgejo", POSTGRES_DB: "forgejo", POSTGRES_PASSWORD: password },
        volumes: ["db-data:/var/lib/postgresql/data"],
        networks: ["database"],
        healthcheck: {
          test: ["CMD", "pg_isready", "--username=forgejo", "--dbname=forgejo"],
          interval: "2s",
          timeout: "5s",
          retries: 30,
        },
      },
      forgejo: {
        image: forgejoImage,
        restart: "unless-stopped",
        depends_on: { db: { condition: "service_healthy" } },
        environment: {
          FORGEJO__database__DB_TYPE: "postgres",
          FORGEJO__database__HOST: "db:5432",
          FORGEJO__database__NAME: "forgejo",
          FORGEJO__database__USER: "forgejo",
          FORGEJO__database__PASSWD: password,
          FORGEJO__server__ROOT_URL: `http://127.0.0.1:${port}/`,
        },
        volumes: ["forgejo-data:/data"],
        networks: ["database", "front"],
        ports: [`127.0.0.1:${port}:3000`],
        healthcheck: {
          test: ["CMD", "curl", "--fail", "--silent", "http://127.0.0.1:3000/api/healthz"],
          interval: "2s",
          timeout: "5s",
          retries: 60,
          start_period: "10s",
        },
      },
    },
    networks: { database: { internal: true }, front: {} },
    volumes: { "db-data": {}, "forgejo-data": {} },
  };
}

async function bringUp(): Promise<void> {
  const password = process.env["FORGEJO_DB_PASSWORD"];
  if (password === undefined || password === "") {
    console.error("FORGEJO_DB_PASSWORD is not set");
    process.exit(2);
  }
  const stack = await up(production(password), { wait: true, waitTimeout: 180 });
  for (const row of await stack.ps()) console.log(`${row.name}: ${row.status}, ${row.health}`);
  console.log(`Forgejo answers at http://127.0.0.1:${port}/`);
}

async function takeDown(volumes: boolean): Promise<void> {
  const stack = await attach(project);
  const report = await stack.down({ volumes });
  for (const line of report.errors) console.error(line);
  console.log(`removed: ${report.containers_removed} containers, ${report.volumes_removed} volumes`);
}

async function main(): Promise<void> {
  const wish = process.argv[2];
  try {
    if (wish === "--down" || wish === "--purge") await takeDown(wish === "--purge");
    else await bringUp();
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    console.error(`${error.kind}: ${error.message}`);
    process.exit(1);
  }
}

main();
