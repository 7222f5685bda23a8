import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type Docker from "dockerode";
import { dockerAt, followStream, standardSocket } from "../../../sandbox/docker/client";
import { ensureCiToken } from "../../../sandbox/gitlab/access-tokens";
import { sandboxProject, startGitlab } from "../../../sandbox/gitlab/start";
import { startUpstream } from "../../../sandbox/images/upstream";
import { mountsBelow } from "../../../sandbox/lib/mounts";
import {
  gitlabDir,
  type Places,
  pidFile,
  serverDir,
  serverExecRoot,
  serverSocket,
} from "../../../sandbox/lib/places";
import { readLiveProcess } from "../../../sandbox/lib/process-file";
import { stopService } from "../../../sandbox/lib/service";
import { giveImage } from "../../../sandbox/server/give-image";
import { namespaceFile } from "../../../sandbox/server/namespace";
import { dockerdGraceMs, isShared, startRelays, startServer } from "../../../sandbox/server/start";
import { needsDocker, ownPlaces, removeOwnPlaces } from "../../support/stack/own-sandbox";
import { BASE, importBase, removeImages } from "../providers/harness";

describe("the server", function () {
  this.timeout(600_000);
  let places: Places;
  let main: Docker;
  let server: Docker;

  before(async function () {
    await needsDocker(this);
    places = await ownPlaces();
    main = dockerAt(standardSocket);
    await importBase();
    const result = await startServer(places, standardSocket);
    assert.deepEqual(result, { kind: "own" }, "this machine's root may make network namespaces");
    server = dockerAt(serverSocket(places));
    await Promise.all([startGitlab(places), startUpstream(places)]);
    await startRelays(places, standardSocket);
  });

  after(async () => {
    if (!places) return;
    await removeOwnPlaces(places);
    await removeImages();
  });

  it("is another Docker, with containers and images of its own", async () => {
    assert.deepEqual(await server.listImages({ all: true }), []);
    assert.equal((await server.info()).DockerRootDir, serverDir(places));
    assert.notEqual((await main.info()).DockerRootDir, serverDir(places));
  });

  it("has a network of its own", () => {
    const pid = readLiveProcess(pidFile(places, "server"))?.pid ?? 0;
    const inode = (process: number | string) =>
      execFileSync("readlink", [`/proc/${process}/ns/net`], { encoding: "utf8" });
    assert.notEqual(inode(pid), inode("self"));
  });

  it("pulls by digest from the registry on 127.0.0.1 of the host, with a login", async () => {
    const registry = `127.0.0.1:${places.ports.gitlabRegistry}`;
    const token = ensureCiToken(gitlabDir(places), sandboxProject);
    const authconfig = { username: token.usernames[0] ?? "", password: token.token, serveraddress: registry };
    const repo = `${registry}/${sandboxProject}`;
    await main.getImage(BASE).tag({ repo, tag: "1" });
    const image = main.getImage(`${repo}:1`);
    const pushed = await followStream(main, await image.push({ tag: "1", authconfig }));
    await image.remove();
    const digest = pushed.find((event) => event.aux?.Digest)?.aux?.Digest;
    await followStream(server, await server.createImage(authconfig, { fromImage: `${repo}@${digest}` }));
    const [pulled] = await server.listImages();
    assert.deepEqual(pulled?.RepoDigests, [`${repo}@${digest}`]);
    await server.getImage(pulled.Id).tag({ repo: "app", tag: "1" });
  });

  it("serves an app on the host's loopback", async () => {
    await runApp("app", { [`berth.stack`]: "dev" });
    assert.equal(await served(), "hello from app\n");
  });

  it("goes on after it was killed: containers that should run run again", async () => {
    const before = readLiveProcess(pidFile(places, "server"));
    process.kill(before?.pid ?? 0, "SIGKILL");
    while (readLiveProcess(pidFile(places, "server")))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await startServer(places, standardSocket);
    assert.notEqual(readLiveProcess(pidFile(places, "server"))?.pid, before?.pid);
    assert.equal(await served(), "hello from app\n");
  });

  it("is left running where it runs, and so are its rules: started twice there is one of each", async () => {
    const before = readLiveProcess(pidFile(places, "server"));
    await startServer(places, standardSocket);
    assert.deepEqual(readLiveProcess(pidFile(places, "server")), before);
    const list = ["netns", "exec", places.server.namespace, "iptables", "-w", "-t", "nat", "-S"];
    const rules = execFileSync("ip", list, { encoding: "utf8" }).split("\n");
    const port = `--dport ${places.ports.gitlabRegistry} `;
    assert.equal(rules.filter((rule) => rule.includes(port)).length, 1);
  });

  it("lets its containers reach the base images at the host's end of the cable", async () => {
    const url = `http://${places.server.hostAddress}:${places.ports.upstream}/v2/`;
    await giveImage(main, server, BASE);
    const container = await server.createContainer({ Image: BASE, Cmd: ["wget", "-q", "-O", "-", url] });
    try {
      await container.start();
      const { StatusCode } = (await container.wait()) as { StatusCode: number };
      assert.equal(StatusCode, 0, (await container.logs({ stdout: true, stderr: true })).toString());
    } finally {
      await container.remove({ force: true });
    }
  });

  it("is given an image as the main Docker has it, once, and nothing of what had its name before stays", async () => {
    const name = `${places.imagePrefix}-given:1`;
    const idOf = async (docker: Docker) => (await docker.getImage(name).inspect()).Id;
    const make = async (note: string) => {
      const container = await main.createContainer({ Image: BASE, Cmd: ["/bin/sh"] });
      const [repo, tag] = name.split(":");
      await container.commit({ repo, tag, changes: `LABEL note=${note}` });
      await container.remove();
    };
    try {
      await make("first");
      assert.equal(await giveImage(main, server, name), true);
      const first = await idOf(server);
      assert.equal(first, await idOf(main));
      assert.equal(await giveImage(main, server, name), false);
      await make("second");
      assert.equal(await giveImage(main, server, name), true);
      assert.equal(await idOf(server), await idOf(main));
      await assert.rejects(server.getImage(first).inspect(), { statusCode: 404 });
    } finally {
      await main.getImage(name).remove({ force: true });
    }
  });

  it("lets containers of the main Docker reach the base images", async () => {
    const name = `${places.imagePrefix}-reach`;
    const url = `http://host.docker.internal:${places.ports.upstream}/v2/`;
    const container = await main.createContainer({
      name,
      Image: BASE,
      Cmd: ["wget", "-q", "-O", "-", url],
      HostConfig: { ExtraHosts: ["host.docker.internal:host-gateway"] },
    });
    try {
      await container.start();
      const { StatusCode } = (await container.wait()) as { StatusCode: number };
      const logs = await container.logs({ stdout: true, stderr: true });
      assert.equal(StatusCode, 0, logs.toString());
    } finally {
      await container.remove({ force: true });
    }
  });

  it("goes with its containers, its namespace and its mounts", async () => {
    const { Pid } = (await server.getContainer("app").inspect()).State;
    assert.ok(Pid > 0 && existsSync(`/proc/${Pid}`));
    await stopService(places, "relays");
    await stopService(places, "server", dockerdGraceMs);
    assert.ok(!existsSync(`/proc/${Pid}`));
    assert.deepEqual(processesNaming(serverExecRoot(places)), []);
    const own = places;
    await removeOwnPlaces(own);
    assert.ok(!existsSync(namespaceFile(own.server)));
    const mounts = readFileSync("/proc/self/mountinfo", "utf8");
    assert.deepEqual([...mountsBelow(own.home, mounts), ...mountsBelow(own.run, mounts)], []);
    assert.ok(!existsSync(own.home) && !existsSync(own.run));
    assert.doesNotMatch(execFileSync("ip", ["link"], { encoding: "utf8" }), new RegExp(own.server.hostLink));
  });

  async function runApp(name: string, Labels: Record<string, string>): Promise<void> {
    const script = `mkdir -p /www; echo hello from ${name} > /www/index.html; exec httpd -f -p 80 -h /www`;
    const container = await server.createContainer({
      name,
      Image: "app:1",
      Cmd: ["busybox", "sh", "-c", script.replace("mkdir", "busybox mkdir")],
      Labels,
      HostConfig: {
        RestartPolicy: { Name: "unless-stopped" },
        PortBindings: { "80/tcp": [{ HostPort: String(places.ports.app) }] },
      },
      ExposedPorts: { "80/tcp": {} },
    });
    await container.start();
  }

  /** The app needs a moment to listen. */
  async function served(): Promise<string> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      try {
        const response = await fetch(`http://127.0.0.1:${places.ports.app}/`);
        return await response.text();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
});

describe("a server without a namespace of its own", () => {
  before(function () {
    return needsDocker(this);
  });

  it("is the main Docker, with the reason", async () => {
    const places = await ownPlaces();
    // No link may have such a name, so that making the cable fails as it does without the right to.
    const refused = { ...places, server: { ...places.server, hostLink: "a-name-longer-than-15" } };
    try {
      const result = await startServer(refused, standardSocket);
      assert.equal(result.kind, "shared");
      assert.match(result.kind === "shared" ? result.reason : "", /a-name-longer-than-15/);
      assert.ok(isShared(refused));
      assert.equal(
        (await dockerAt(serverSocket(refused)).info()).DockerRootDir,
        (await dockerAt(standardSocket).info()).DockerRootDir,
      );
      assert.ok(!existsSync(namespaceFile(refused.server)));
    } finally {
      await removeOwnPlaces(places);
    }
  });
});

function processesNaming(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => existsSync(`/proc/${name}/cmdline`) && commandLine(name).includes(text));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
