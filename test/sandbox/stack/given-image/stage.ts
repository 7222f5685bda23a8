import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureCiToken } from "../../../../sandbox/gitlab/access-tokens";
import { defaultPlaces, gitlabDir } from "../../../../sandbox/lib/places";
import { PageHub } from "../../../support/stack/page-hub";
import { type Ran, run } from "../../../support/stack/sandbox";
import { Team } from "../../../support/stack/team";

const PROJECT = "team-b/shop";
/** Of the sandbox's GitLab. */
const REGISTRY = `127.0.0.1:${defaultPlaces.ports.gitlabRegistry}`;

/**
 * A Nexus of its own, whose proxy of the hub asks each time: a tag is seen to move at once, and not a day later, and a hub that is
 * back is asked at once.
 */
const stackFile = (hub: number, first: number, apps: string) => `config:
  berth:nexus:
    image: berth-sandbox/nexus3:3.71.0
    hostname: 127.0.0.1
    port: ${first}
    repositories:
      hub: { remote: "http://host.docker.internal:${hub}", metadataMaxAge: 0, autoBlock: false }
      releases: { port: ${first + 1} }
      docker: { port: ${first + 2} }
      cache: false
      gitlab: false
    allowDataLoss: true
  berth:gitlab: { url: "http://127.0.0.1:${defaultPlaces.ports.gitlab}", registry: "${REGISTRY}", project: ${PROJECT} }
  berth:servers:
    main: { docker: "unix:///var/run/docker.sock", address: 127.0.0.1 }
  berth:apps:
${apps}`;

/** An app that serves a page. @param image what it runs, as a line of its settings */
export const pageApp = (name: string, image: string, publish: number) => `    ${name}:
      ${image}
      port: 8000
      publish: ${publish}
      servers: [main]
      memory: 128
`;

export interface Released {
  readonly tag: string;
  readonly digest: string;
  readonly runsOn: readonly string[];
}

/** A team with the stacks dev and prod, and the hub that their images are from. */
export class Stage {
  readonly hub = new PageHub();
  readonly registry = `${REGISTRY}/${PROJECT}`;
  readonly login = {
    CI_REGISTRY_USER: "gitlab-ci-token",
    CI_REGISTRY_PASSWORD: ensureCiToken(gitlabDir(defaultPlaces), PROJECT).token,
  };

  private constructor(private readonly team: Team) {}

  static async begin(apps: string): Promise<Stage> {
    const stage = new Stage(new Team(""));
    await stage.hub.open();
    stage.write("dev", 9081, apps);
    return stage;
  }

  get project(): string {
    return this.team.project;
  }

  /** @param first of the three ports of its Nexus */
  write(stack: string, first: number, apps: string): void {
    writeFileSync(this.file(stack), stackFile(this.hub.port, first, apps));
  }

  text(stack: string): string {
    return readFileSync(this.file(stack), "utf8");
  }

  /** Dev's settings. */
  edit(change: (text: string) => string): void {
    writeFileSync(this.file("dev"), change(this.text("dev")));
  }

  /** As long as work takes, dev has other settings. */
  async with(change: (text: string) => string, work: () => Promise<void>): Promise<void> {
    const before = this.text("dev");
    this.edit(change);
    try {
      await work();
    } finally {
      this.edit(() => before);
    }
  }

  /** As long as work takes, nobody reaches the hub. */
  async away(work: () => Promise<void>): Promise<void> {
    await this.hub.shut();
    try {
      await work();
    } finally {
      await this.hub.open();
    }
  }

  tried(args: readonly string[], over: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const command = [process.execPath, join(this.project, "automation", "berth.cjs"), ...args];
    return run(command, { ...this.team.env, ...this.login, ...over }, this.project);
  }

  async berth(...args: string[]): Promise<Ran> {
    const ran = await this.tried(args);
    assert.equal(ran.code, 0, `berth ${args.join(" ")}\n${ran.stdout}\n${ran.stderr}`);
    return ran;
  }

  /** What is said of what isn't done. */
  async refused(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tried(args);
    assert.ok(code !== 0, `berth ${args.join(" ")}\n${stdout}\n${stderr}`);
    return stderr;
  }

  async releases(stack: string, app: string): Promise<readonly Released[]> {
    const { stdout } = await this.berth("releases", stack, "--json");
    const lists = JSON.parse(stdout) as { app: string; releases: readonly Released[] }[];
    return lists.find((one) => one.app === app)!.releases;
  }

  async outputs(stack: string) {
    return JSON.parse((await this.berth("outputs", stack, "--json", "--show-secrets")).stdout);
  }

  async resources(): Promise<readonly Resource[]> {
    const exported = ["pulumi", "stack", "export", "--stack", "dev"];
    const { stdout } = await run(exported, this.team.env, this.project);
    return (JSON.parse(stdout) as { deployment: { resources: Resource[] } }).deployment.resources;
  }

  async remove(): Promise<void> {
    for (const stack of ["prod", "dev"]) await this.team.berth("destroy", stack, "--yes");
    this.team.remove();
    await this.hub.remove();
  }

  private file(stack: string): string {
    return join(this.project, `Pulumi.${stack}.yaml`);
  }
}

interface Resource {
  readonly urn: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** What pages on these ports of this machine say. */
export function says(...published: number[]): Promise<string[]> {
  return Promise.all(
    published.map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(10_000) });
      return (await answer.text()).trim();
    }),
  );
}

export const nameOf = (digest: string, tag = "1") => `${tag}-${digest.slice(7, 19)}`;
