import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { AppDeployment } from "../../../components/deploy/app-deployment";
import { ServerHost } from "../../../components/deploy/server-host";
import {
  type AppSettings,
  appSchema,
  isServed,
  type ServedApp,
} from "../../../components/settings/app-settings";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { startRegistry } from "../../../sandbox/lib/distribution";
import { defaultPlaces, type Places, serverSocket } from "../../../sandbox/lib/places";
import { stopService } from "../../../sandbox/lib/service";
import { startRelays, startServer } from "../../../sandbox/server/start";
import { ensureSandboxImages } from "../docker/sandbox-images";
import { feed } from "../feed";
import { freePort } from "../free-port";
import { testIdentity } from "../identity";
import { type Changes, InlineProject, type InlineStack } from "../stack/inline-stack";
import { ownPlaces, removeOwnPlaces } from "../stack/own-sandbox";
import { root } from "../stack/sandbox";

const execute = promisify(execFile);
const quiet = () => undefined;

/** A server of the stage, as settings name it. */
export interface StageServer {
  readonly name: string;
  readonly docker: string;
  readonly address: string;
}

/**
 * Where the tests and the bench of deployments play: a registry, one or two Docker hosts that both know it as
 * 127.0.0.1:PORT, and a stack with a small app (test/support/edge/site) on them.
 */
export class DeployStage {
  readonly web1: StageServer = {
    name: "web1",
    docker: `unix://${standardSocket}`,
    address: "127.0.0.1",
  };
  publish = 0;
  stack!: InlineStack;
  project!: InlineProject;
  private places: Places | undefined;

  async prepare(): Promise<void> {
    this.places = await ownPlaces();
    this.publish = await freePort();
    const { home, ports } = this.places;
    await startRegistry(this.places, {
      name: "upstream",
      port: ports.nexusHosted,
      dir: join(home, "registry"),
    });
    await ensureSandboxImages();
    await this.push("berth-sandbox/caddy:2", "library/caddy", "2");
    await this.push("berth-sandbox/nginx:1", "library/nginx", "1");
    const context = join(root, "test", "support", "edge", "site");
    const base = `BASE_IMAGE=${defaultPlaces.imagePrefix}/python:3.11-slim`;
    await docker(["build", "--quiet", "--build-arg", base, "--tag", `${this.registry}/site:base`, context]);
    this.project = new InlineProject("deploying");
    this.stack = await this.project.stack("dev");
  }

  get registry(): string {
    return `127.0.0.1:${this.places!.ports.nexusHosted}`;
  }

  /** The second Docker host, started with its first use. */
  async web2(): Promise<StageServer> {
    const places = this.places!;
    const kind = await startServer(places, standardSocket);
    if (kind.kind === "shared") throw new Error(`no second Docker host: ${kind.reason}`);
    await startRelays(places, standardSocket);
    const { serverAddress } = places.server;
    return { name: "web2", docker: `unix://${serverSocket(places)}`, address: serverAddress };
  }

  /** Ends the second Docker host and starts it again, as a restart of the machine does. */
  async restartWeb2(): Promise<void> {
    await stopService(this.places!, "server", 30_000);
    await startServer(this.places!, standardSocket);
  }

  /** Builds and pushes a release of the app; gives repository@digest. */
  async release(version: string, lines: readonly string[] = []): Promise<string> {
    const tag = createHash("sha256")
      .update([version, ...lines].join("\n"))
      .digest("hex")
      .slice(0, 12);
    const dockerfile = [`FROM ${this.registry}/site:base`, `ENV VERSION=${version}`, ...lines].join("\n");
    const image = `${this.registry}/site:${tag}`;
    await docker(["build", "--quiet", "--tag", image, "-"], dockerfile);
    return this.push(image, "site", tag);
  }

  /** Takes a release from this machine's Docker; the registry keeps it. */
  async forget(image: string): Promise<void> {
    const { stdout } = await docker(["inspect", "--format", "{{.Id}}", image]);
    await docker(["rmi", "--force", stdout.trim()]);
  }

  /** The app's settings, with the defaults of every app. */
  app(over: Readonly<Record<string, unknown>> = {}): ServedApp {
    const own = { port: 8000, publish: this.publish, servers: ["web1"], memory: 128, healthTimeout: 60 };
    const app = { ...appSchema.parse({ ...own, ...over }), name: "site" };
    assert.ok(isServed(app));
    return app;
  }

  /** The program that deploys it. */
  program(image: string, app: AppSettings = this.app(), servers: readonly StageServer[] = [this.web1]) {
    const puller = { username: "nobody", password: pulumi.output("nothing") };
    const registry = { dockerHosted: this.registry, dockerGroup: this.registry, puller };
    return () => {
      const identity = testIdentity();
      const apps = [app].filter(isServed);
      const hosts = servers.map(
        (server) => new ServerHost(server.name, { server, identity, apps, ...registry }),
      );
      const { traffic } = new AppDeployment(app.name, { app, image, servers: hosts });
      for (const host of hosts) host.keepOnly(apps, [traffic]);
    };
  }

  up(image: string, app?: AppSettings, servers?: readonly StageServer[]): Promise<Changes> {
    return this.stack.up(this.program(image, app, servers));
  }

  url(server: StageServer = this.web1): string {
    return `http://${server.address}:${this.publish}/`;
  }

  /** Names of the app's containers on a server, running or not. */
  async containers(server: StageServer = this.web1): Promise<string[]> {
    const filters = { label: ["berth.project=deploying", "berth.app=site"] };
    const found = await this.docker(server).listContainers({ all: true, filters });
    return found.map(({ Names }) => Names[0]!.slice(1));
  }

  /** Runs a shell script in a container of the edge of a server of the two. */
  async inEdge(server: "web1" | "web2", script: string): Promise<void> {
    const host = server === "web1" ? this.web1.docker : `unix://${serverSocket(this.places!)}`;
    const filter = `label=berth.resource=${server}-edge-a`;
    const { stdout } = await docker(["-H", host, "ps", "--quiet", "--filter", filter]);
    await docker(["-H", host, "exec", stdout.trim(), "sh", "-c", script]);
  }

  /** What a container of the app prints, run as its user unless told otherwise. */
  async inApp(command: readonly string[], user = ""): Promise<string> {
    const [name] = await this.containers();
    const { stdout } = await docker(["exec", "--user", user || "site", name!, ...command]);
    return stdout;
  }

  docker(server: StageServer = this.web1) {
    return dockerAt(server.docker.slice("unix://".length));
  }

  async remove(): Promise<void> {
    if (!this.places) return;
    await this.stack?.destroy();
    this.project?.remove();
    // By name: the layers of the base images below stay.
    const { stdout } = await docker([
      "images",
      "--format",
      "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}",
    ]);
    const mine = stdout
      .split(/\s+/)
      .filter((name) => name.startsWith(this.registry) && !name.includes("<none>"));
    if (mine.length > 0) await docker(["rmi", "--force", ...mine]).catch(quiet);
    await removeOwnPlaces(this.places);
  }

  private async push(image: string, repository: string, tag: string): Promise<string> {
    const name = `${this.registry}/${repository}`;
    await docker(["tag", image, `${name}:${tag}`]);
    const { stdout } = await docker(["push", "--quiet", `${name}:${tag}`]);
    if (!stdout.includes(name)) throw new Error(`push of ${name}:${tag} said ${stdout}`);
    const digest = await docker(["inspect", "--format", "{{index .RepoDigests 0}}", `${name}:${tag}`]);
    const [, hash] = digest.stdout.trim().split("@");
    return `${name}@${hash}`;
  }
}

async function docker(args: string[], input?: string): Promise<{ stdout: string }> {
  const running = execute("docker", args, { env: { ...process.env, DOCKER_BUILDKIT: "0" } });
  feed(running.child, input);
  return running;
}
