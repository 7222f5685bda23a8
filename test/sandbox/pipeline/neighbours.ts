import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { loadCommands } from "../../../automation/commands";
import { feed } from "../../support/feed";
import {
  berth,
  berthCommand,
  copy,
  docker,
  health,
  killTree,
  run,
  SERVER,
  sandboxEnv,
  start,
} from "../../support/stack/sandbox";
import { Team } from "../../support/stack/team";

const STACK_FILE = `config:
  berth:nexus:
    image: berth-sandbox/nexus3:3.71.0
    hostname: 127.0.0.1
    port: 9081
    repositories:
      hub: { remote: "http://host.docker.internal:5000" }
      releases: { port: 9082 }
      docker: { port: 9083 }
      cache: false
      gitlab: false
    allowDataLoss: true
  berth:gitlab: { url: "http://127.0.0.1:8929", registry: "127.0.0.1:5050", project: team-b/shop }
  berth:servers:
    main: { docker: "unix:///var/run/docker.sock", address: 127.0.0.1 }
  berth:apps: {}
`;

/** An app that nothing has to be built for. */
const ITS_APP = `{ shop: { release: { tag: "1", digest: "sha256:${"1".repeat(64)}" }, port: 8000, publish: 9090, servers: [main] } }`;

/** Every command that has to do with a stack, as it is called for dev. A new one is refused here until it is among them. */
function commandsOfStacks(): string[][] {
  const calls: Readonly<Record<string, readonly string[]>> = {
    logs: ["nexus"],
    start: ["nexus"],
    stop: ["nexus"],
    restart: ["nexus"],
    shell: ["nexus", "--", "true"],
    run: ["blog", "--", "true"],
    promote: ["dev", "prod"],
    destroy: ["dev", "--yes"],
    cleanup: ["dev", "--yes"],
    report: ["dev", "--json"],
  };
  const ofNoStack = ["copy", "sandbox", "compose", "init", "config", "completion", "status"]; // they look at files alone
  const all = loadCommands(undefined).flatMap((one) =>
    "commands" in one ? one.commands.map(({ name }) => [one.name, name]) : [[one.name]],
  );
  return all
    .filter(([name]) => !ofNoStack.includes(name!))
    .map((words) => [...words, ...(calls[words.at(-1)!] ?? ["dev"])]);
}

/** Ids of a stack's containers on both Docker hosts, by the names of their resources. */
function containers(identity: string): Record<string, string> {
  const format = '{{.Label "berth.resource"}} {{.ID}}';
  const filter = ["--no-trunc", "--filter", `label=berth.id=${identity}`, "--format", format];
  const lines = [undefined, SERVER].flatMap((host) => docker(["ps", "-a", ...filter], host));
  return Object.fromEntries(lines.sort().map((line) => line.split(" ") as [string, string]));
}

interface Listed {
  readonly container?: { readonly id: string };
  readonly spares?: readonly string[];
}

interface Exported {
  readonly resources: readonly { readonly type: string; readonly id?: string }[];
  readonly pending_operations?: readonly object[];
}

async function exported(env: NodeJS.ProcessEnv, project: string): Promise<Exported> {
  const { stdout } = await run(["pulumi", "stack", "export", "--stack", "dev"], env, project);
  return (JSON.parse(stdout) as { readonly deployment: Exported }).deployment;
}

async function identityOf(env: NodeJS.ProcessEnv, project: string): Promise<string> {
  const { resources } = await exported(env, project);
  return resources.find(({ type }) => type === "pulumi-nodejs:dynamic/stack:Identity")!.id!;
}

/** Begins an update, and kills it and all that it started as soon as it makes Nexus's container. */
async function killedWhileMakingNexus(started: ReturnType<typeof start>): Promise<void> {
  const { child, ended, said } = started;
  feed(child);
  const begun = /nexus-container creating/;
  for (let waited = 0; !begun.test(said()) && child.exitCode === null && waited < 600_000; waited += 50)
    await pause(50);
  killTree(child);
  await ended;
  assert.match(said(), begun);
}

/** To be run while dev of the demo is up. */
export function neighbours(): void {
  let [team, other]: [Team | undefined, Team | undefined] = [undefined, undefined];
  let [theirs, ours] = ["", ""];
  after(async () => {
    await team?.berth("destroy", "dev", "--yes");
    for (const one of [team, other]) one?.remove();
  });
  /** On the same Docker hosts. */
  const neighbour = () => {
    team ??= new Team(STACK_FILE);
    return team;
  };
  /** On the same backend. */
  const cotenant = () => {
    other ??= new Team(STACK_FILE, "ours");
    return other;
  };

  it("a second team's killed first up touches nothing of ours, and its next one takes away its own half-made things", async () => {
    ours = await identityOf(sandboxEnv(), copy);
    const before = containers(ours);
    const serving = await health();
    await killedWhileMakingNexus(neighbour().start("up", "dev", "--verbose"));
    assert.deepEqual(containers(ours), before);
    const up = await neighbour().berth("up", "dev");
    assert.equal(up.code, 0, up.stderr);
    theirs = await identityOf(neighbour().env, neighbour().project);
    assert.notEqual(theirs, ours);
    assert.deepEqual(containers(ours), before, "ours are the same as before");
    assert.deepEqual(await health(), serving);
    assert.equal(
      docker([
        "ps",
        "-aq",
        "--filter",
        `label=berth.id=${theirs}`,
        "--filter",
        "label=berth.resource=nexus-container",
      ]).length,
      1,
    );
  });

  it("our own killed up touches nothing of theirs", async () => {
    const before = containers(theirs);
    docker(["rm", "-f", containers(ours)["nexus-container"]!]);
    await killedWhileMakingNexus(start(berthCommand(["up", "dev", "--verbose"]), sandboxEnv(), copy));
    assert.deepEqual(containers(theirs), before);
    const up = await berth(["up", "dev"]);
    assert.equal(up.code, 0, up.stderr);
    assert.deepEqual(containers(theirs), before);
    const { pending_operations: pending = [] } = await exported(sandboxEnv(), copy);
    assert.deepEqual(pending, [], "the engine warns of nothing from now on");
    const nexus = ["--filter", `label=berth.id=${ours}`, "--filter", "label=berth.resource=nexus-container"];
    assert.equal(docker(["ps", "-aq", ...nexus]).length, 1);
  });

  it("ps lists each team's own containers and nobody else's", async () => {
    const listed = async (ran: Promise<{ stdout: string }>) =>
      (JSON.parse((await ran).stdout) as Listed[]).flatMap(({ container, spares = [] }) => [
        ...(container ? [container.id] : []),
        ...spares,
      ]);
    const [a, b] = [
      await listed(berth(["ps", "dev", "--json"])),
      await listed(neighbour().berth("ps", "dev", "--json")),
    ];
    assert.ok(a.length >= 3 && b.length >= 2);
    assert.deepEqual([...a].sort(), Object.values(containers(ours)).sort());
    assert.deepEqual([...b].sort(), Object.values(containers(theirs)).sort());
  });

  it("a port that the other team holds is told at preview, by the name of who has it", async () => {
    neighbour().edit("Pulumi.dev.yaml", (text) => text.replace("port: 9083", "port: 8083"));
    const preview = await neighbour().berth("preview", "dev");
    neighbour().edit("Pulumi.dev.yaml", (text) => text.replace("port: 8083", "port: 9083"));
    assert.equal(preview.code, 1);
    assert.match(
      preview.stderr,
      /port 8083 of unix:\/\/\/var\/run\/docker\.sock is taken by container nexus-container-\w+ /,
    );
  });

  it("destroy of the second team leaves all of the other's", async () => {
    const before = containers(ours);
    const destroyed = await neighbour().berth("destroy", "dev", "--yes");
    assert.equal(destroyed.code, 0, destroyed.stderr);
    assert.deepEqual(containers(theirs), {});
    assert.deepEqual(containers(ours), before);
    neighbour().remove();
    team = undefined; // nothing is left to be destroyed at the end, when there is no sandbox any more
  });

  it("a second team's checkout on the same backend is refused by every command, with both names, and nothing is changed", async () => {
    const identity = await identityOf(sandboxEnv(), copy);
    const before = containers(identity);
    cotenant().edit("Pulumi.dev.yaml", (text) => text.replace("berth:apps: {}", `berth:apps: ${ITS_APP}`));
    cpSync(join(cotenant().project, "Pulumi.dev.yaml"), join(cotenant().project, "Pulumi.prod.yaml"));
    for (const args of commandsOfStacks()) {
      const ran = await cotenant().berth(...args);
      assert.equal(ran.code, 1, `${args.join(" ")}: ${ran.stderr}`);
      assert.match(
        args[0] === "doctor" ? ran.stdout : ran.stderr, // which has findings, not errors
        /The stack dev is somebody else's: this state belongs to 127\.0\.0\.1:8929\/team\/blog, and the settings here are of 127\.0\.0\.1:8929\/team-b\/shop/,
        args.join(" "),
      );
    }
    assert.deepEqual(containers(identity), before);
    cotenant().edit("Pulumi.dev.yaml", (text) => text.replace(`berth:apps: ${ITS_APP}`, "berth:apps: {}"));
  });

  it("a second team's pulumi by hand on the same backend is refused, too", async () => {
    const ran = await run(["pulumi", "preview", "--stack", "dev"], cotenant().env, cotenant().project);
    assert.notEqual(ran.code, 0);
    assert.match(ran.stdout + ran.stderr, /this state belongs to 127\.0\.0\.1:8929\/team\/blog/);
  });

  it("a second team's project name of its own in Pulumi.yaml gives it a state of its own", async () => {
    cotenant().edit("Pulumi.yaml", (text) => text.replace("name: berth", "name: shop"));
    const ran = await cotenant().berth("preview", "dev", "--json");
    assert.equal(ran.code, 0, ran.stderr);
    const { changes } = JSON.parse(ran.stdout) as { changes: Record<string, number> };
    assert.deepEqual(Object.keys(changes), ["create"]);
  });
}
