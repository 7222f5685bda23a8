import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { writeFolder } from "../../../automation/compose/compose-folder";
import { type StackCompose, stackCompose } from "../../../automation/compose/stack-compose";
import { startObstacles } from "../../../automation/compose/start-obstacles";
import { parseSettings } from "../../../components/settings/settings";
import { NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { DockerCompose } from "../../support/docker/docker-compose";
import { nodeImage } from "../../support/docker/node-image";
import { ensureSandboxImages } from "../../support/docker/sandbox-images";
import { freePort } from "../../support/free-port";
import { withMadeNexus } from "../../support/stack/made-nexus";
import { type Ran, run } from "../../support/stack/sandbox";
import { permissionTests, type Repository, repositories } from "./docker-permissions";
import { ensureImage, NexusStage, needsNexusImage } from "./harness";

/** A folder with a compose file of a stack of that name, and what is done with it. */
class ComposeNexus {
  readonly folder = mkdtempSync(join(tmpdir(), "berth-compose-nexus-"));
  private made: StackCompose | undefined;

  constructor(
    private readonly compose: DockerCompose,
    private readonly stack: string,
    private readonly nexus: Record<string, unknown>,
  ) {}

  settings(over: Record<string, unknown> = {}) {
    const gitlab = {
      url: "http://gitlab.test",
      registry: "gitlab.test:5050",
      project: `team/${basename(this.folder).toLowerCase()}`,
    };
    const nexus = { hostname: "127.0.0.1", image: NEXUS_IMAGE, memory: 1536, ...this.nexus, ...over };
    return withMadeNexus(parseSettings({ nexus, gitlab, servers: {}, apps: {} }));
  }

  async write(over: Record<string, unknown> = {}): Promise<readonly string[]> {
    const written = { "berth:nexus": { ...this.nexus, ...over } };
    const settings = this.settings(over);
    this.made = await stackCompose({ stack: this.stack, settings, written, nodeImage: nodeImage() });
    const { compose, files, secrets } = this.made;
    return writeFolder(this.folder, { compose, files, secrets: await secrets() }).made;
  }

  get project(): string {
    return this.made!.project;
  }

  run(...args: string[]): Promise<Ran> {
    return this.compose.in(this.folder, ...args);
  }

  async up(): Promise<void> {
    const { code, stderr } = await this.run("up", "--wait");
    assert.equal(code, 0, `${stderr}\n${await this.said()}`);
  }

  /** Lines of `configure`, the last start's. */
  async said(service = "configure"): Promise<string> {
    const { stdout, stderr } = await this.run("logs", "--no-log-prefix", service);
    return stdout + stderr;
  }

  async containers(): Promise<string[]> {
    return (await this.run("ps", "--all", "--quiet")).stdout.trim().split("\n").sort();
  }

  secret(name: string): string {
    return readFileSync(join(this.folder, "secrets", name), "utf8");
  }

  secrets(): string[] {
    return readdirSync(join(this.folder, "secrets"));
  }

  async remove(): Promise<void> {
    if (this.made) await this.run("down", "--volumes", "--timeout", "20");
    rmSync(this.folder, { recursive: true });
  }
}

/** Free ports for a Nexus of the settings' defaults, GitLab's proxy left out. */
async function freePorts() {
  const at: Record<Repository, number> = {
    releases: await freePort(),
    cache: await freePort(),
    hub: await freePort(),
    docker: await freePort(),
  };
  return { at, port: await freePort() };
}

describe("a Nexus by Docker Compose", function () {
  this.timeout(600_000);
  const stage = new NexusStage(repositories.length);
  let compose: DockerCompose;
  let nexus: ComposeNexus;
  const port = (repository: Repository) => stage.more[repositories.indexOf(repository)]!;
  const passwords = () =>
    Object.fromEntries([
      ["admin", nexus.secret("adminPassword")],
      ...["pusher", "puller", "base-reader"].map((name) => [name, nexus.secret(`accounts.${name}.password`)]),
    ]);
  const permissions = permissionTests({ stage, port, passwords });

  before(async function () {
    await needsNexusImage(this);
    await ensureImage();
    compose = await DockerCompose.get();
    await stage.prepare();
    nexus = new ComposeNexus(compose, "Plain", {
      port: stage.ports.http,
      repositories: {
        releases: { port: port("releases") },
        cache: { port: port("cache") },
        hub: { port: port("hub"), remote: "http://upstream:5000" },
        docker: { port: port("docker") },
        gitlab: false,
      },
    });
    await nexus.write();
    await nexus.up();
    stage.password = nexus.secret("adminPassword");
  });

  after(async () => {
    await stage.docker(["rm", "--force", "--volumes", `${stage.run}-upstream`]).catch(() => undefined);
    await nexus?.remove();
    compose?.remove();
    await stage.cleanUp();
  });

  it("is configured when `docker compose up --wait` returns, and says what was done", async () => {
    const said = await nexus.said();
    assert.match(said, /^created: docker group repository docker$/m);
    assert.match(said, /^Nexus is ready at http:\/\/127\.0\.0\.1:\d+\.$/m);
    assert.deepEqual((await stage.rest("GET", "security/realms/active")).json(), [
      "NexusAuthenticatingRealm",
      "DockerToken",
    ]);
    const anonymous = (await stage.rest("GET", "security/anonymous")).json() as { enabled: boolean };
    assert.equal(anonymous.enabled, false);
    const { status, text } = await stage.rest("GET", "repositories", undefined, null);
    assert.ok(status === 401 || status === 403 || text.trim() === "[ ]" || text.trim() === "[]", text);
  });

  it("comes again by itself with its machine, within its limits", async () => {
    const ids = await nexus.containers();
    const all = JSON.parse(await stage.docker(["inspect", ...ids])) as {
      Name: string;
      HostConfig: { RestartPolicy: { Name: string }; Memory: number };
    }[];
    const by = (service: string) => all.find(({ Name }) => Name.endsWith(`-${service}-1`))!.HostConfig;
    assert.equal(by("nexus").RestartPolicy.Name, "always");
    assert.equal(by("nexus").Memory, 1536 * 1024 ** 2);
    assert.equal(by("configure").RestartPolicy.Name, "no");
    assert.ok(all.every(({ HostConfig }) => HostConfig.Memory > 0));
  });

  it("keeps its passwords in files for their owner alone: no inspection, log or argument has them", async () => {
    const ids = await nexus.containers();
    const { stdout: config } = await nexus.run("config");
    const { stdout, stderr } = await nexus.run("logs");
    const shown = [await stage.docker(["inspect", ...ids]), config, stdout, stderr].join("\n");
    const beside = ["docker-compose.yml", "nexus.json", "configure.cjs"].map((file) =>
      readFileSync(join(nexus.folder, file), "utf8"),
    );
    assert.equal(nexus.secrets().length, 4);
    for (const name of nexus.secrets()) {
      const secret = nexus.secret(name);
      assert.equal(secret.length, 32);
      assert.ok(![shown, ...beside].some((text) => text.includes(secret)), name);
      assert.equal(statSync(join(nexus.folder, "secrets", name)).mode & 0o777, 0o600);
    }
  });

  describe("lets those in, and those only, whom the stack lets in", () => {
    const network = () => [`${nexus.project}_default`, `${stage.run}-upstream`];
    before(async () => {
      await stage.docker(["network", "connect", "--alias", "upstream", ...network()]);
      await permissions.prepare();
    });
    after(() => stage.docker(["network", "disconnect", ...network()]));
    permissions.define();
  });

  it("started twice changes nothing", async () => {
    const containers = await nexus.containers();
    const made = await nexus.write();
    assert.deepEqual(made, []);
    await nexus.up();
    assert.deepEqual(await nexus.containers(), containers);
    assert.match(
      await nexus.said(),
      /Nothing to change: all 14 objects are as they are to be\.\nNexus is ready/,
    );
  });

  it("is put right at a start where somebody has changed it by hand", async () => {
    const { json } = await stage.rest("GET", "security/anonymous");
    const opened = { ...(json() as object), enabled: true };
    assert.equal((await stage.rest("PUT", "security/anonymous", opened)).status, 200);
    await stage.rest("PUT", "security/users/puller/change-password", "another");
    await nexus.up();
    const said = (await nexus.said()).split("Waiting for Nexus").at(-1)!;
    assert.match(said, /changed: user puller\n/);
    assert.match(said, /0 created, 2 changed, 12 as they were\./);
    const now = (await stage.rest("GET", "security/anonymous")).json() as { enabled: boolean };
    assert.equal(now.enabled, false);
    const puller = `puller:${nexus.secret("accounts.puller.password")}`;
    assert.equal((await stage.v2(port("docker"), "", puller)).status, 200);
  });

  it("takes over what settings say anew, and leaves alone what they no longer name", async () => {
    await nexus.write({
      accounts: { scanner: { pull: ["releases"] }, puller: { pull: ["docker"] } },
      tasks: { Compact: { type: "blobstore.compact", properties: { blobstoreName: "docker" } } },
    });
    await nexus.up();
    assert.match(await nexus.said(), /created: user scanner\n/);
    assert.match(await nexus.said(), /changed: role berth-puller\n/);
    await nexus.write();
    await nexus.up();
    const said = (await nexus.said()).split("Waiting for Nexus").at(-1)!;
    assert.match(said, /left alone, as the settings no longer have it: registry-account-scanner\n/);
    assert.match(said, /changed: role berth-puller\n/);
    const scanner = `scanner:${nexus.secret("accounts.scanner.password")}`;
    assert.equal((await stage.rest("GET", "status/check", undefined, scanner)).status, 403);
  });

  it("taken down and up again serves what was pushed before", async () => {
    const image = `127.0.0.1:${port("releases")}/team/kept:1`;
    await stage.image(image);
    for (const name of ["pusher", "puller"]) stage.login(name, port("releases"), passwords()[name]!);
    await stage.docker(["push", image], "pusher");
    await stage.forget(image);
    assert.equal((await nexus.run("down")).code, 0);
    await nexus.up();
    await stage.docker(["pull", image], "puller");
    await stage.forget(image);
    assert.match(await nexus.said(), /Nothing to change/);
  });

  describe("beside another on the same ports", () => {
    let other: ComposeNexus;
    before(async () => {
      other = new ComposeNexus(compose, "other", { port: stage.ports.http, ...portsOf(port) });
      await other.write();
    });
    after(() => other.remove());

    it("is not started, and Docker names the port", async () => {
      const before = await nexus.containers();
      const { code, stderr } = await other.run("up", "--wait");
      assert.notEqual(code, 0);
      assert.match(stderr, /Bind for 127\.0\.0\.1:\d+ failed: port is already allocated/);
      assert.deepEqual(await nexus.containers(), before);
      assert.equal((await stage.rest("GET", "status")).status, 200);
    });

    it("is told before who holds them, and its own are no obstacle to itself", async () => {
      const obstacles = await startObstacles(other.project, other.settings().nexus);
      assert.equal(obstacles.filter((one) => /^Port \d+ of /.test(one)).length, 4);
      assert.match(obstacles.join("\n"), new RegExp(`is taken by container ${nexus.project}-nexus-1 `));
      assert.deepEqual(
        (await startObstacles(nexus.project, nexus.settings().nexus)).filter((one) => one.startsWith("Port")),
        [],
      );
    });
  });

  describe("that can't be started", () => {
    const failed = async () => {
      const { code, stderr } = await nexus.run("up", "--wait");
      assert.notEqual(code, 0, stderr);
      return nexus;
    };

    it("for a missing secret says which, and is well again with it", async () => {
      const secret = nexus.secret("accounts.pusher.password");
      writeFileSync(join(nexus.folder, "secrets", "accounts.pusher.password"), "");
      const said = await (await failed()).said();
      assert.match(
        said,
        /secrets\/accounts\.pusher\.password is empty: write it again by the `berth compose --out`/,
      );
      writeFileSync(join(nexus.folder, "secrets", "accounts.pusher.password"), secret);
      await nexus.up();
    });

    it("for an admin password that isn't right says what to do", async () => {
      const secret = nexus.secret("adminPassword");
      writeFileSync(join(nexus.folder, "secrets", "adminPassword"), "not-the-password-it-has");
      const said = await (await failed()).said();
      assert.match(said, /lets admin in with none of these: the one in the file secrets\/adminPassword, /);
      assert.doesNotMatch(said, /not-the-password-it-has/);
      writeFileSync(join(nexus.folder, "secrets", "adminPassword"), secret);
      await nexus.up();
    });

    it("for a volume of a newer Nexus is refused before Nexus touches it", async () => {
      const folder = `${nexus.folder}/nexus.json`;
      const plan = readFileSync(folder, "utf8");
      writeFileSync(folder, plan.replace(NEXUS_IMAGE, "sonatype/nexus3:3.70.4"));
      assert.equal((await nexus.run("stop", "nexus")).code, 0);
      const said = await (await failed()).said("check");
      assert.match(
        said,
        /^The volume was last used by Nexus 3\.71\.0, and sonatype\/nexus3:3\.70\.4 is older: it can't read/m,
      );
      writeFileSync(folder, plan);
      await nexus.up();
      assert.match(await nexus.said(), /Nothing to change/);
    });
  });
});

const portsOf = (port: (repository: Repository) => number) => ({
  repositories: {
    releases: { port: port("releases") },
    cache: { port: port("cache") },
    docker: { port: port("docker") },
    hub: { remote: "http://upstream:5000" },
    gitlab: false,
  },
});

describe("a Nexus by Docker Compose, behind https", function () {
  this.timeout(600_000);
  const stage = new NexusStage();
  let compose: DockerCompose;
  let nexus: ComposeNexus;
  let ports: Awaited<ReturnType<typeof freePorts>>;
  let tls: number;

  before(async function () {
    await needsNexusImage(this);
    await ensureSandboxImages();
    compose = await DockerCompose.get();
    ports = await freePorts();
    tls = await freePort();
    nexus = new ComposeNexus(compose, "https", {
      hostname: "127.0.0.1",
      tls: { certificates: "own", port: tls, redirectFrom: false, image: "berth-sandbox/caddy:2" },
      ...portsOf((repository) => ports.at[repository]),
    });
    await nexus.write();
    await nexus.up();
  });

  after(async () => {
    await nexus?.remove();
    compose?.remove();
    await stage.cleanUp();
  });

  it("serves its registries by https alone, to clients that trust its authority", async () => {
    const image = `127.0.0.1:${ports.at.releases}/team/app:1`;
    await stage.image(image);
    stage.login("pusher", ports.at.releases, nexus.secret("accounts.pusher.password"));
    await stage.docker(["push", image], "pusher");
    await stage.forget(image);
    stage.login("puller", ports.at.docker, nexus.secret("accounts.puller.password"));
    await stage.docker(["pull", image.replace(`${ports.at.releases}`, `${ports.at.docker}`)], "puller");
    const ca = join(nexus.folder, "root.crt");
    const copied = await nexus.run("cp", "edge:/data/caddy/pki/authorities/local/root.crt", ca);
    assert.equal(copied.code, 0, copied.stderr);
    const url = `https://127.0.0.1:${tls}/service/rest/v1/status`;
    const { code } = await run(["curl", "--silent", "--fail", "--noproxy", "*", "--cacert", ca, url]);
    assert.equal(code, 0);
    const plain = await run([
      "curl",
      "--silent",
      "--noproxy",
      "*",
      `http://127.0.0.1:${ports.at.releases}/v2/`,
    ]);
    assert.doesNotMatch(plain.stdout, /UNAUTHORIZED/);
  });

  it("has its proxy made anew for other settings of it, and Nexus not", async () => {
    const ids = async (service: string) => (await nexus.run("ps", "--quiet", service)).stdout.trim();
    const before = [await ids("nexus"), await ids("edge")];
    await nexus.up();
    assert.deepEqual([await ids("nexus"), await ids("edge")], before);
    const plain = await freePort();
    const tlsSettings = {
      certificates: "own",
      port: tls,
      redirectFrom: plain,
      image: "berth-sandbox/caddy:2",
    };
    await nexus.write({ tls: tlsSettings });
    await nexus.up();
    assert.equal(await ids("nexus"), before[0]);
    assert.notEqual(await ids("edge"), before[1]);
    const { stdout } = await run([
      "curl",
      "--silent",
      "--head",
      "--noproxy",
      "*",
      `http://127.0.0.1:${plain}/x`,
    ]);
    assert.match(
      stdout,
      new RegExp(`^HTTP/1.1 308 [\\s\\S]*\r\nLocation: https://127.0.0.1:${tls}/x\r\n`, "i"),
    );
  });
});
