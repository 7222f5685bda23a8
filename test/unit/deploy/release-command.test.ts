import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReleaseCommand } from "../../../components/deploy/release-command";
import { appSchema } from "../../../components/settings/app-settings";
import { serialisedProvider } from "../../support/serialised-provider";

const app = appSchema.parse({ port: 1, publish: 1, servers: ["web1"] });
const container = { ...app, network: "n", mounts: [] };
const labels = { "berth.resource": "blog-release" };

interface Made {
  readonly id: string;
  readonly release: string;
  state: "created" | "running" | "exited";
  exitCode: number;
}

/** A Docker as far as containers are made, waited for and removed. `endless`: those that never end by themselves. */
class Host {
  readonly containers: Made[] = [];
  readonly history: string[] = [];
  exitCode = 0;
  endless = false;
  log = "no such column: name\n";
  address = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-release-"));
  private readonly waiting = new Map<string, () => void>();
  private readonly server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url!.split("?")[0]!;
    const json = (status: number, body?: object) =>
      response.writeHead(status).end(body && JSON.stringify(body));
    if (path === "/containers/json")
      return json(
        200,
        this.containers.map(({ id, release, state }) => ({
          Id: id,
          State: state,
          Labels: { "berth.release": release },
        })) as never,
      );
    if (path === "/containers/create") {
      const { Labels } = JSON.parse(Buffer.concat(chunks).toString());
      const id = `c${this.history.length}`;
      const release = Labels["berth.release"];
      this.containers.push({ id, release, state: "created", exitCode: this.exitCode });
      return json(201, { Id: id });
    }
    if (path === "/version") return json(200, { Os: "linux", Arch: "amd64" });
    if (path.startsWith("/images/")) return json(200, { Os: "linux", Architecture: "arm64" });
    const [, , id, verb] = path.split("/");
    const found = this.containers.find((one) => one.id === id);
    if (!found) return json(404, { message: "no such container" });
    if (request.method === "DELETE") {
      this.history.push(`removed ${found.release}`);
      this.containers.splice(this.containers.indexOf(found), 1);
      return json(204);
    }
    if (verb === "start") {
      this.history.push(`ran ${found.release}`);
      found.state = this.endless ? "running" : "exited";
      return json(204);
    }
    if (verb === "kill") {
      this.history.push(`killed ${found.release}`);
      found.state = "exited";
      this.waiting.get(found.id)?.();
      return json(204);
    }
    if (verb === "wait") {
      if (found.state === "running" && this.endless)
        await new Promise<void>((resolve) => this.waiting.set(found.id, resolve));
      return json(200, { StatusCode: found.exitCode });
    }
    if (verb === "logs") return response.writeHead(200).end(this.log);
    if (verb === "json")
      return json(200, { Id: id, Image: "sha256:1", State: { ExitCode: found.exitCode, Error: "" } });
    return json(404, { message: "not in the script" });
  });

  async listen(): Promise<this> {
    const socket = join(this.folder, "docker.sock");
    await new Promise<void>((resolve) => this.server.listen(socket, resolve));
    this.address = `unix://${socket}`;
    return this;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.folder, { recursive: true });
  }
}

describe("the release command, as serialised", () => {
  let host: Host;
  beforeEach(async () => {
    host = await new Host().listen();
  });
  afterEach(() => host.close());

  const provider = () =>
    serialisedProvider(
      () =>
        new ReleaseCommand("blog-release", {
          app: "blog",
          docker: "x",
          image: "x",
          command: ["migrate"],
          timeout: 5,
          container,
          labels,
        }),
    );
  const want = (release: string, over: object = {}) => ({
    app: "blog",
    docker: host.address,
    image: `nexus/blog@${release}`,
    command: ["manage", "migrate"],
    timeout: 5,
    container,
    labels,
    ...over,
  });

  it("runs once for each release, and not again after a rollback", async () => {
    const { create, update, diff } = await provider();
    const { outs: one } = await create(want("r1"));
    const { outs: two } = await update("x", one, want("r2"));
    const { outs: back } = await update("x", two!, want("r1"));
    assert.deepEqual(back!["done"], ["r2", "r1"]);
    assert.deepEqual(host.history, ["ran r1", "removed r1", "ran r2", "removed r2"]);
    assert.equal((await diff("x", one, want("r1", { timeout: 9 }))).changes, false);
    assert.equal((await diff("x", one, want("r2"))).changes, true);
  });

  it("fails with its last words, leaves nothing behind, and runs again the next time", async () => {
    const { update } = await provider();
    host.exitCode = 3;
    await assert.rejects(update("x", { done: ["r1"] }, want("r2")), {
      message: [
        "blog: the release command `manage migrate` of nexus/blog@r2 ended with exit code 3; no container was replaced and no traffic has moved, the release before serves on.",
        "Its last log lines:",
        "no such column: name",
        "Next: mend it and berth up again, which runs it again, or berth rollback. What it did to its data stays done.",
      ].join("\n"),
    });
    assert.deepEqual(host.containers, []);
    host.exitCode = 0;
    const { outs } = await update("x", { done: ["r1"] }, want("r2"));
    assert.deepEqual(outs!["done"], ["r1", "r2"]);
  });

  it("fails with the reason where the image is for another kind of machine", async () => {
    const { create } = await provider();
    Object.assign(host, { exitCode: 1, log: "exec /manage: exec format error\n" });
    await assert.rejects(
      create(want("r1")),
      /exit code 1; .*\nThe image is for linux\/arm64, this server is amd64: it takes one for linux\/amd64\.\nIts last/,
    );
  });

  it("is killed where it takes too long", async () => {
    const { create } = await provider();
    host.endless = true;
    await assert.rejects(
      create(want("r1", { timeout: 0.1 })),
      /did not end within 0\.1 s \(releaseTimeout\) and was killed/,
    );
    assert.deepEqual(host.history, ["ran r1", "killed r1", "removed r1"]);
  });

  it("takes what a killed run left: the same release is not run twice, another one is cleared away", async () => {
    const { create } = await provider();
    host.containers.push({ id: "left", release: "r1", state: "exited", exitCode: 0 });
    await create(want("r1"));
    assert.deepEqual(host.history, ["removed r1"]);
    host.containers.push({ id: "other", release: "r0", state: "exited", exitCode: 0 });
    host.containers.push({ id: "failed", release: "r2", state: "exited", exitCode: 1 });
    host.containers.push({ id: "begun", release: "r2", state: "created", exitCode: 0 });
    await create(want("r2"));
    assert.deepEqual(host.history.slice(1), [
      ...["removed r0", "removed r2", "removed r2"],
      ...["ran r2", "removed r2"],
    ]);
  });
});
