import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { debianImage } from "../../../sandbox/images/base-images";
import { type GoProgram, goProgram } from "../../../sandbox/lib/go-program";
import { cacheDir, defaultPlaces } from "../../../sandbox/lib/places";
import { run } from "../../../sandbox/nexus/run";
import { nodeImage } from "../docker/node-image";
import { freePort } from "../free-port";
import { type S3Answer, s3Call } from "./s3-client";

/** An S3 server that judges every call by accounts and bucket policies, as Amazon's does. */
const PROGRAM: GoProgram = { package: "github.com/versity/versitygw/cmd/versitygw", version: "v1.8.0" };
const ROOT = { accessKeyId: "root", secretAccessKey: "secret-of-root" };
const READY_LIMIT_MS = 600_000;

interface S3ServerOptions {
  /** @default us-east-1 */
  readonly region?: string;
  /** Address of this machine on which it is reached. @default 127.0.0.1 */
  readonly address?: string;
}

/** A real S3 server in a container of a network, and in front of it what it lacks (s3-front.cjs). Both are the test's to break. */
export class S3Server {
  /** In the network. */
  readonly endpoint = "http://s3:7070";
  private readonly region: string;
  private readonly address: string;

  private constructor(
    private readonly network: string,
    readonly port: number,
    { region = "us-east-1", address = "127.0.0.1" }: S3ServerOptions,
  ) {
    this.region = region;
    this.address = address;
  }

  static async start(network: string, options: S3ServerOptions = {}): Promise<S3Server> {
    const program = await goProgram(cacheDir(defaultPlaces), PROGRAM, () => undefined);
    const server = new S3Server(network, await freePort(), options);
    try {
      await server.create(program);
      await docker("start", server.behind, server.front);
      await server.answers();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  private async create(program: string): Promise<void> {
    const { behind, front, network, address, port } = this;
    const where = (alias: string) => ["--network", network, "--network-alias", alias];
    const gateway = `--port :7070 --region ${this.region} --iam-dir /s3/accounts --access-log /s3/calls posix /s3/data`;
    const start = `mkdir -p /s3/data /s3/accounts; exec /usr/local/bin/versitygw ${gateway}`;
    const root = { ROOT_ACCESS_KEY: ROOT.accessKeyId, ROOT_SECRET_KEY: ROOT.secretAccessKey };
    const env = Object.entries(root).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    const shell = ["--entrypoint", "/bin/sh", debianImage(defaultPlaces), "-c", start];
    await docker("create", "--name", behind, ...where("s3-behind"), ...env, "--volume", "/s3", ...shell);
    await docker("cp", program, `${behind}:/usr/local/bin/versitygw`);
    const node = ["--entrypoint", "node", nodeImage(), "/front.cjs", "s3-behind", "7070"];
    const publish = ["--publish", `${address}:${port}:7070`];
    await docker("create", "--name", front, ...where("s3"), ...publish, ...node);
    await docker("cp", join(__dirname, "s3-front.cjs"), `${front}:/front.cjs`);
  }

  /** An account that may do nothing by itself. @returns its secret access key */
  async account(accessKeyId: string): Promise<string> {
    const secret = `secret-of-${accessKeyId}`;
    const admin = ["admin", "--access", ROOT.accessKeyId, "--secret", ROOT.secretAccessKey];
    const user = ["--access", accessKeyId, "--secret", secret, "--role", "user"];
    const where = ["--endpoint-url", "http://127.0.0.1:7070", "--region", this.region];
    await docker("exec", this.behind, "/usr/local/bin/versitygw", ...admin, ...where, "create-user", ...user);
    return secret;
  }

  /** A call as the owner of all buckets. */
  call(method: string, path: string, more?: { query?: string; body?: string }): Promise<S3Answer> {
    const endpoint = `http://${this.address}:${this.port}`;
    return s3Call({ endpoint, region: this.region, ...ROOT }, method, path, more);
  }

  async bucket(name: string, policy: object): Promise<void> {
    const { status, text } = await this.call("PUT", `/${name}`);
    if (status !== 200) throw new Error(`bucket ${name}: ${status} ${text}`);
    await this.allow(name, policy);
  }

  /** Puts a policy in the place of the bucket's own. */
  async allow(bucket: string, policy: object): Promise<void> {
    const body = JSON.stringify(policy);
    const { status, text } = await this.call("PUT", `/${bucket}`, { query: "policy", body });
    if (status !== 204) throw new Error(`policy of ${bucket}: ${status} ${text}`);
  }

  /** Keys of a bucket's objects with their bytes. */
  async objects(bucket: string): Promise<Map<string, number>> {
    const { text } = await this.call("GET", `/${bucket}`, { query: "list-type=2" });
    const listed = text.matchAll(/<Key>(.*?)<\/Key>[\s\S]*?<Size>(\d+)<\/Size>/g);
    return new Map([...listed].map(([, key, size]) => [key!, Number(size)]));
  }

  async bytes(bucket: string): Promise<number> {
    return [...(await this.objects(bucket)).values()].reduce((sum, size) => sum + size, 0);
  }

  /** What S3 itself does every day by a bucket's lifecycle, as if all of its days were over. @returns days of its rules */
  async passDays(bucket: string): Promise<number[]> {
    const { text } = await this.call("GET", `/${bucket}`, { query: "lifecycle" });
    const rules = [...text.matchAll(/<Rule>([\s\S]*?)<\/Rule>/g)].map(([, rule]) => {
      const part = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(rule!)?.[1] ?? "";
      return {
        prefix: part("Prefix"),
        tag: `<Key>${part("Key")}</Key><Value>${part("Value")}</Value>`,
        days: part("Days"),
      };
    });
    for (const { prefix, tag } of rules)
      for (const key of (await this.objects(bucket)).keys()) {
        if (!key.startsWith(prefix)) continue;
        const tags = await this.call("GET", `/${bucket}/${key}`, { query: "tagging" });
        if (tags.text.includes(tag)) await this.call("DELETE", `/${bucket}/${key}`);
      }
    return rules.map(({ days }) => Number(days));
  }

  /** What an account has asked of a bucket, as the server's own log has it: `PutObject 200`. */
  async calls(accessKeyId: string, bucket: string): Promise<string[]> {
    const log = await docker("exec", this.behind, "cat", "/s3/calls");
    const lines = log.matchAll(/^\S+ (\S+) \[.*?\] \S+ (\S+) \S+ s3_(\S+) \S+ \S+ (\d+)/gm);
    return [...lines].flatMap(([, where, who, what, status]) =>
      where === bucket && who === accessKeyId ? [`${what} ${status}`] : [],
    );
  }

  /** Uploads in parts that have neither ended nor been given up. */
  async openUploads(bucket: string): Promise<number> {
    const { text } = await this.call("GET", `/${bucket}`, { query: "uploads" });
    return [...text.matchAll(/<UploadId>/g)].length;
  }

  /** Every answer is as late as that. */
  async delay(ms: number): Promise<void> {
    await fetch(`http://${this.address}:${this.port}/-/delay?ms=${ms}`);
  }

  /** At once, as by a power cut. */
  async die(): Promise<void> {
    await docker("kill", this.behind);
  }

  async comeBack(): Promise<void> {
    await docker("start", this.behind);
    await this.answers();
  }

  async remove(): Promise<void> {
    for (const name of [this.front, this.behind])
      await docker("rm", "--force", "--volumes", name).catch(() => undefined);
  }

  private get behind(): string {
    return `${this.network}-s3`;
  }

  private get front(): string {
    return `${this.network}-s3-front`;
  }

  private async answers(): Promise<void> {
    for (const began = Date.now(); ; await sleep(100)) {
      const status = await this.call("GET", "/").then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return;
      if (Date.now() - began > READY_LIMIT_MS)
        throw new Error(
          `the S3 server answers ${status || "nothing"}: ${await docker("logs", "--tail", "5", this.front)}`,
        );
    }
  }
}

const docker = (...args: string[]) => run("docker", args);
