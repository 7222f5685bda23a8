import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { dockerAt, standardSocket, whyNoAnswer } from "../../../sandbox/docker/client";
import { debianImage, ensureDebianImage } from "../../../sandbox/images/base-images";
import { debianRootfs } from "../../../sandbox/images/debian-rootfs";
import { cacheDir, defaultPlaces } from "../../../sandbox/lib/places";
import { Steps } from "../../../sandbox/lib/steps";
import { buildNexusImage, NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { preflight } from "../../../sandbox/preflight";
import { freePort } from "../../support/free-port";

const execute = promisify(execFile);

/** Ten times the usual start on two free cores. */
const READY_LIMIT_MS = 600_000;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: () => unknown;
}

/** Why no Docker test can run here, or undefined. */
export const dockerMissing = () => whyNoAnswer(standardSocket);

/** For `before`: skips the suite where no Docker answers, saying so, and else makes the image under test. */
export async function needsNexusImage(test: Mocha.Context): Promise<void> {
  const missing = await dockerMissing();
  if (missing) {
    console.log(`    skipped: ${missing}`);
    test.skip();
  }
  await ensureImage();
}

/** The image under test, made where it is missing or of other sources. */
export async function ensureImage(): Promise<void> {
  const log = () => undefined;
  const rootfs = async () => {
    const { rest } = await preflight(new Steps(log));
    await rest;
    const file = await debianRootfs(cacheDir(defaultPlaces), log);
    await ensureDebianImage(dockerAt(standardSocket), defaultPlaces, file);
    return debianImage(defaultPlaces);
  };
  await buildNexusImage({ log, cacheDir: cacheDir(defaultPlaces), rootfs });
}

/** One Nexus container of its own with volume, network and upstream registry, on free ports of the loopback. */
export class NexusStage {
  readonly run = `berthnx${randomBytes(4).toString("hex")}`;
  readonly ports = { http: 0, hosted: 0, group: 0, upstream: 0 };
  /** Ports for a test's own repositories: the same number in the container and outside. */
  readonly more: number[] = [];
  password = "";
  /** HTTP answers that came before the first 200. */
  early: number[] = [];
  private folder = "";
  private prepared = false;

  /** Made with its first use: a suite that is skipped leaves nothing behind. */
  private get directory(): string {
    this.folder ||= mkdtempSync(join(tmpdir(), `${this.run}-`));
    return this.folder;
  }

  /**
   * @param extra how many ports beside those of a hosted repository on 8082 and a group on 8083
   * @param javaOptions of Nexus, besides its own
   */
  constructor(
    private readonly extra = 0,
    private readonly javaOptions = "",
  ) {}

  /** For `before`: a running Nexus with its first admin password, or the suite is skipped. */
  async startFor(test: Mocha.Context): Promise<void> {
    await needsNexusImage(test);
    await this.prepare();
    await this.start();
    const file = await this.docker(["exec", this.run, "cat", "/nexus-data/admin.password"]);
    this.password = file.trim();
  }

  async prepare(): Promise<void> {
    this.prepared = true;
    for (const key of Object.keys(this.ports) as (keyof typeof this.ports)[])
      this.ports[key] = await freePort();
    while (this.more.length < this.extra) this.more.push(await freePort());
    await this.docker(["volume", "create", this.run]);
    await this.docker(["network", "create", this.run]);
    const publish = `127.0.0.1:${this.ports.upstream}:5000`;
    const config =
      '{"version":"0.1","storage":{"filesystem":{"rootdirectory":"/tmp/registry"}},"http":{"addr":":5000"}}';
    const command = `echo '${config}' > /tmp/registry.yml; exec docker-registry serve /tmp/registry.yml`;
    const network = ["--network", this.run, "--network-alias", "upstream"];
    const entry = ["--entrypoint", "/bin/sh", NEXUS_IMAGE, "-c", command];
    await this.docker([
      "run",
      "--detach",
      "--name",
      `${this.run}-upstream`,
      ...network,
      "--publish",
      publish,
      ...entry,
    ]);
  }

  /** Starts a new container on the same volume; gives the seconds until it was ready. */
  async start(): Promise<number> {
    const { http, hosted, group } = this.ports;
    const more = this.more.map((port) => `${port}:${port}`);
    const publish = [`${http}:8081`, `${hosted}:8082`, `${group}:8083`, ...more].flatMap((port) => [
      "--publish",
      `127.0.0.1:${port}`,
    ]);
    const where = ["--network", this.run, "--volume", `${this.run}:/nexus-data`];
    const env = this.javaOptions ? ["--env", `INSTALL4J_ADD_VM_PARAMS=${this.javaOptions}`] : [];
    await this.docker(["run", "--detach", "--name", this.run, ...where, ...env, ...publish, NEXUS_IMAGE]);
    return this.ready();
  }

  async ready(): Promise<number> {
    const began = Date.now();
    this.early = [];
    const open = async () => {
      const status = (await this.rest("GET", "status", undefined, null).catch(() => undefined))?.status;
      if (status !== undefined && status !== 200) this.early.push(status);
      return status === 200;
    };
    while (!(await open())) {
      if (Date.now() - began > READY_LIMIT_MS)
        throw new Error(`not ready in ${READY_LIMIT_MS / 1000} s:\n${await this.logs()}`);
      await sleep(100);
    }
    return (Date.now() - began) / 1000;
  }

  async logs(): Promise<string> {
    const { stdout, stderr } = await execute("docker", ["logs", "--tail", "30", this.run]);
    return stdout + stderr;
  }

  /** A REST call below /service/rest/v1, as admin unless told otherwise; null: without credentials. */
  async rest(
    method: string,
    path: string,
    body?: unknown,
    user: string | null = `admin:${this.password}`,
  ): Promise<Answer> {
    const headers: Record<string, string> = {
      "content-type": typeof body === "string" ? "text/plain" : "application/json",
    };
    return this.http(
      `http://127.0.0.1:${this.ports.http}/service/rest/v1/${path}`,
      method,
      headers,
      user,
      body,
    );
  }

  /** A call of the docker API on one of the repositories' ports. */
  v2(
    port: number,
    path: string,
    user: string | null,
    method = "GET",
    headers: Record<string, string> = {},
    body?: unknown,
  ) {
    return this.http(`http://127.0.0.1:${port}/v2/${path}`, method, headers, user, body);
  }

  private async http(
    url: string,
    method: string,
    headers: Record<string, string>,
    user: string | null,
    body?: unknown,
  ): Promise<Answer> {
    if (user !== null)
      headers.authorization = user.includes(" ") ? user : `Basic ${Buffer.from(user).toString("base64")}`;
    const content = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    // Node 20's fetch can hang for ever where docker-proxy closes a connection before anything listens behind it.
    const signal = AbortSignal.timeout(url.endsWith("/v1/status") ? 2_000 : 60_000);
    const answer = await fetch(url, { method, headers, body: content, signal });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
  }

  /** The docker CLI with a configuration of its own per user: nobody's real logins are touched. */
  async docker(args: string[], user = "nobody"): Promise<string> {
    const env = { ...process.env, DOCKER_CONFIG: join(this.directory, user), DOCKER_BUILDKIT: "0" };
    const { stdout, stderr } = await execute("docker", args, { env });
    return stdout + stderr;
  }

  /** The same, expected to fail: gives what it said. */
  async dockerFails(args: string[], user = "nobody"): Promise<string> {
    try {
      await this.docker(args, user);
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
    throw new Error(`docker ${args.join(" ")} succeeded`);
  }

  /** Logs a user in by the CLI; throws what it says where that fails. */
  login(user: string, port: number, password: string): string {
    const env = { ...process.env, DOCKER_CONFIG: join(this.directory, user) };
    const args = ["login", "--username", user, "--password-stdin", `127.0.0.1:${port}`];
    return execFileSync("docker", args, { env, input: password, encoding: "utf8", stdio: "pipe" });
  }

  /** A new one-layer image under a name. */
  async image(name: string): Promise<void> {
    const context = mkdtempSync(join(this.directory, "image-"));
    writeFileSync(join(context, "content"), randomBytes(2000).toString("hex"));
    writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY content /content\n");
    await this.docker(["build", "--quiet", "--tag", name, context]);
  }

  async forget(name: string): Promise<void> {
    await this.docker(["image", "rm", name]).catch(() => undefined);
  }

  /** Built or pulled: the ports are this run's alone. */
  private async ownImages(): Promise<string[]> {
    const list = await this.docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
    const mine = [...Object.values(this.ports), ...this.more].map((port) => `127.0.0.1:${port}/`);
    return list.split("\n").filter((name) => mine.some((prefix) => name.startsWith(prefix)));
  }

  /** For `after`; there is nothing to do where the suite was skipped. */
  async cleanUp(): Promise<void> {
    if (!this.prepared) return;
    const quietly = (args: string[]) => this.docker(args).catch(() => undefined);
    await quietly(["rm", "--force", "--volumes", this.run, `${this.run}-upstream`]);
    await quietly(["volume", "rm", this.run]);
    await quietly(["network", "rm", this.run]);
    for (const name of await this.ownImages()) await quietly(["image", "rm", "--force", name]);
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }
}
