import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFolder } from "../automation/compose/compose-folder";
import { stackCompose } from "../automation/compose/stack-compose";
import { NexusConfiguration } from "../components/nexus/nexus-configuration";
import { NexusHost } from "../components/nexus/nexus-host";
import { parseSettings } from "../components/settings/settings";
import { NEXUS_IMAGE } from "../sandbox/nexus/build";
import { dockerMissing, ensureImage } from "../test/sandbox/nexus/harness";
import { DockerCompose } from "../test/support/docker/docker-compose";
import { nodeImage } from "../test/support/docker/node-image";
import { freePort } from "../test/support/free-port";
import { testIdentity } from "../test/support/identity";
import { InlineProject } from "../test/support/stack/inline-stack";
import { withMadeNexus } from "../test/support/stack/made-nexus";
import { runBench } from "./run-bench";

/**
 * `node --require tsx/cjs bench/compose.ts [ROUNDS]`: the same new Nexus until it is configured and its registries serve, by a
 * stack's `up` and by `berth compose` and `docker compose up --wait`, and a second time without changes; in turn, so that a busy
 * moment of the machine hits both. Median, least and most of each.
 */
async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 3);
  if (!(rounds > 0)) throw new Error("usage: bench/compose.ts [ROUNDS]");
  const missing = await dockerMissing();
  if (missing) throw new Error(`the bench needs Docker: ${missing}`);
  await ensureImage();
  const compose = await DockerCompose.get();
  nodeImage();
  const times: Record<string, number[]> = {};
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const began = Date.now();
    const done = await work();
    times[what] = [...(times[what] ?? []), (Date.now() - began) / 1000];
    return done;
  };
  try {
    for (let round = 1; round <= rounds; round++) {
      await byStack(await settings(), timed);
      await byCompose(compose, await settings(), timed);
      console.error(`round ${round} of ${rounds} done`);
    }
    for (const [what, all] of Object.entries(times)) console.log(`${what}: ${spread(all)}`);
  } finally {
    compose.remove();
  }
}

type MadeSettings = ReturnType<typeof withMadeNexus>;

type Timed = <T>(what: string, work: () => Promise<T>) => Promise<T>;

async function settings(): Promise<MadeSettings> {
  const ports = { releases: await freePort(), docker: await freePort(), cache: await freePort() };
  const repositories = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, { port }]));
  const port = await freePort();
  const nexus = { hostname: "127.0.0.1", image: NEXUS_IMAGE, port, allowDataLoss: true, repositories };
  const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/bench" };
  return withMadeNexus(parseSettings({ nexus, gitlab, servers: {}, apps: {} }));
}

async function byStack({ nexus }: MadeSettings, timed: Timed): Promise<void> {
  const project = new InlineProject("benchcompose");
  const stack = await project.stack("dev");
  const program = () => {
    const host = new NexusHost("nexus", { settings: nexus, identity: testIdentity() });
    new NexusConfiguration("registry", { host, settings: nexus });
  };
  try {
    await timed("a stack's up, new", () => stack.up(program));
    await timed("a stack's up, no change", () => stack.up(program));
  } finally {
    await stack.destroy();
    project.remove();
  }
}

async function byCompose(compose: DockerCompose, all: MadeSettings, timed: Timed): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "berth-bench-compose-"));
  const up = async () => {
    const { code, stderr } = await compose.in(folder, "up", "--wait");
    if (code !== 0) throw new Error(stderr);
  };
  try {
    await timed("berth compose and docker compose up, new", async () => {
      const wish = { stack: "bench", settings: all, written: {}, nodeImage: nodeImage() };
      const { compose: text, files, secrets } = await stackCompose(wish);
      writeFolder(folder, { compose: text, files, secrets: await secrets() });
      await up();
    });
    await timed("docker compose up, no change", up);
  } finally {
    await compose.in(folder, "down", "--volumes", "--timeout", "20");
    rmSync(folder, { recursive: true });
  }
}

function spread(all: readonly number[]): string {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (part: number) => (sorted[Math.round(part * (sorted.length - 1))] ?? 0).toFixed(1);
  return `${at(0.5)} s (${at(0)}–${at(1)})`;
}

runBench(main);
