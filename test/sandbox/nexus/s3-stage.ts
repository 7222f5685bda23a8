import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { providers } from "../../../components/nexus/kinds";
import { S3BlobStore, type S3BlobStoreArgs } from "../../../components/nexus/kinds/s3-blob-store";
import { nodeImage } from "../../support/docker/node-image";
import { fieldsOf } from "../../support/nexus/nexus-kind";
import { policyOfDocs } from "../../support/nexus/s3-policy";
import { S3Server } from "../../support/nexus/s3-server";
import { NexusStage } from "./harness";

const REGION = "us-east-1";
const ACCOUNTS = ["nexus", "stranger"];
/** Two seconds on two free cores. */
const SHORTLY_MS = 240_000;

export const digestOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/**
 * A Nexus in front of a real S3 server, whose key has the rights of docs/nexus.md on the bucket "images". What is released is
 * garbage at once, not after Nexus's usual hour.
 */
export class S3Stage {
  readonly bucket = "images";
  readonly stage = new NexusStage(0, "-Dnexus.assetBlobCleanupTask.blobCreatedDelayMinute=0");
  s3!: S3Server;
  private readonly secrets = new Map<string, string>();

  async startFor(test: Mocha.Context): Promise<void> {
    await this.stage.startFor(test);
    this.s3 = await S3Server.start(this.stage.run, { region: REGION });
    for (const name of ACCOUNTS) this.secrets.set(name, await this.s3.account(name));
    await this.s3.bucket(this.bucket, policyOfDocs("nexus", this.bucket));
  }

  get server() {
    const { ports, password } = this.stage;
    return { url: `http://127.0.0.1:${ports.http}`, username: "admin", password };
  }

  key(account: string) {
    return { accessKeyId: account, secretAccessKey: this.secrets.get(account) };
  }

  /** A blob store below its own prefix of the bucket, as `up` makes it, and a raw repository in it. */
  async repository(name: string, over: Partial<S3BlobStoreArgs> = {}): Promise<void> {
    await this.create(name, over);
    const storage = { blobStoreName: name, strictContentTypeValidation: false, writePolicy: "ALLOW" };
    const { status, text } = await this.stage.rest("POST", "repositories/raw/hosted", {
      name,
      online: true,
      storage,
    });
    assert.equal(status, 201, text);
  }

  private async create(name: string, over: Partial<S3BlobStoreArgs>): Promise<void> {
    const { server, s3, bucket } = this;
    const place = { bucket, region: REGION, prefix: name, endpoint: s3.endpoint, forcePathStyle: true };
    const args = { name, ...place, ...this.key("nexus"), ...over, server };
    const fields = await fieldsOf(() => new S3BlobStore("s3", args));
    await providers.S3BlobStore.create({ server, ...fields });
  }

  /** What is said of a blob store that can't be; nothing of it stays. */
  async refusal(over: Partial<S3BlobStoreArgs>): Promise<string> {
    const error = await this.create("refused", over).then(
      () => assert.fail("it was made"),
      (thrown: Error) => thrown,
    );
    const stores = (await this.stage.rest("GET", "blobstores")).json() as { name: string }[];
    assert.ok(!stores.some(({ name }) => name === "refused"), "nothing half there");
    assert.ok(!error.message.includes("secret-of-"), "no secret is told");
    return error.message;
  }

  /** On a connection of its own, without the time limits and copies of `fetch`. @param path `repository/file` */
  async ask(method: string, path: string, body?: Buffer): Promise<{ status: number; body: Buffer }> {
    const { url, username, password } = this.server;
    const options = { method, auth: `${username}:${password}`, agent: false };
    const asked = request(`${url}/repository/${path}`, options);
    asked.end(body);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    asked.on("error", () => undefined); // an answer may come before all of the body is sent
    return { status: answer.statusCode ?? 0, body: await buffer(answer) };
  }

  /** Digest of what a client in another container gets. */
  async digestElsewhere(path: string): Promise<string> {
    const url = `http://${this.stage.run}:8081/repository/${path}`;
    const script = `fetch(process.argv[1], { headers: { authorization: "Basic " + btoa("admin:" + process.env.PASSWORD) } })
      .then(async ({ body }) => {
        const hash = require("node:crypto").createHash("sha256");
        for await (const part of body) hash.update(part);
        console.log(hash.digest("hex"));
      });`;
    const { run, password } = this.stage;
    const where = ["run", "--rm", "--network", run, "--env", `PASSWORD=${password}`, "--entrypoint", "node"];
    return (await this.stage.docker([...where, nodeImage(), "-e", script, url])).trim();
  }

  /** Files that a repository says it has. */
  async listed(repository: string): Promise<string[]> {
    const { items } = (await this.stage.rest("GET", `components?repository=${repository}`)).json() as {
      items: { name: string }[];
    };
    return items.map(({ name }) => name.replace(/^\//, ""));
  }

  /** Calls of Nexus for this bucket since there were so many. */
  async calls(since = 0): Promise<string[]> {
    return (await this.s3.calls("nexus", this.bucket)).slice(since);
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const began = Date.now(); !(await holds()); await sleep(50))
      if (Date.now() - began > SHORTLY_MS) throw new Error(`not in ${SHORTLY_MS / 1000} s: ${what}`);
  }

  async remove(): Promise<void> {
    await this.s3?.remove();
    await this.stage.cleanUp();
  }
}
