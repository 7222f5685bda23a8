import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { defaultPlaces } from "../../../sandbox/lib/places";
import { docker, type Ran, run, whyNoSandbox } from "../../support/stack/sandbox";
import { Team } from "../../support/stack/team";

const HUB = `127.0.0.1:${defaultPlaces.ports.upstream}`;
const BASE = `${defaultPlaces.imagePrefix}/python:3.11-slim`;
const IMAGE = "application/vnd.docker.distribution.manifest.v2+json";
const INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
const PAGES = ["http://127.0.0.1:9090/", "http://127.0.0.1:9091/"];

/** A Nexus of its own, whose proxy of the hub asks each time: a tag is seen to move at once, and not a day later. */
const STACK_FILE = `config:
  berth:nexus:
    image: berth-sandbox/nexus3:3.71.0
    hostname: 127.0.0.1
    port: 9081
    repositories:
      hub: { remote: "http://host.docker.internal:${defaultPlaces.ports.upstream}", metadataMaxAge: 0 }
      releases: { port: 9082 }
      docker: { port: 9083 }
      cache: false
      gitlab: false
    allowDataLoss: true
  berth:gitlab: { url: "http://127.0.0.1:8929", registry: "127.0.0.1:5050", project: team-b/shop }
  berth:servers:
    main: { docker: "unix:///var/run/docker.sock", address: 127.0.0.1 }
  berth:apps:
    page:
      image: "page:1"
      port: 8000
      publish: 9090
      servers: [main]
      memory: 128
    twin:
      imageOf: page
      port: 8000
      publish: 9091
      servers: [main]
      memory: 128
`;

interface Released {
  readonly tag: string;
  readonly digest: string;
  readonly runsOn: readonly string[];
}

describe("an app that runs an image of somebody else", function () {
  this.timeout(1_200_000);
  this.bail(true); // each step goes on from the one before
  let team: Team | undefined;
  let [one, two] = ["", ""];

  before(async function () {
    const why = whyNoSandbox();
    if (why) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    team = new Team(STACK_FILE);
    one = await publish("one");
  });

  after(async () => {
    if (!team) return;
    await team.berth("destroy", "dev", "--yes");
    team.remove();
    const named = docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
    const mine = named.filter((name) => name.startsWith(`${HUB}/library/page:`));
    if (mine.length > 0) docker(["image", "rm", "--force", ...mine]);
  });

  /** Moves the hub's tag `page:1` to an index of this page for two platforms. @returns its digest */
  async function publish(page: string): Promise<string> {
    const manifests = [];
    for (const architecture of ["amd64", "arm64"]) {
      const tag = `${HUB}/library/page:${page}-${architecture}`;
      const serve = 'CMD ["python3", "-m", "http.server", "8000", "--directory", "/page"]';
      const dockerfile = [
        `FROM ${BASE}`,
        `RUN mkdir /page && echo ${page} >/page/index.html && echo ${architecture} >/page/architecture`,
        serve,
      ].join("\n");
      execFileSync("docker", ["build", "--quiet", "--tag", tag, "-"], {
        input: dockerfile,
        env: { ...process.env, DOCKER_BUILDKIT: "0" },
        stdio: "pipe",
      });
      docker(["push", "--quiet", tag]);
      const bytes = await manifestOf(HUB, "library/page", `${page}-${architecture}`);
      const platform = { architecture, os: "linux" };
      manifests.push({ mediaType: IMAGE, size: bytes.length, digest: digestOf(bytes), platform });
    }
    const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }, null, 1);
    const put = await fetch(`http://${HUB}/v2/library/page/manifests/1`, {
      method: "PUT",
      headers: { "content-type": INDEX },
      body: index,
    });
    assert.equal(put.status, 201, await put.text());
    return digestOf(Buffer.from(index));
  }

  async function manifestOf(registry: string, repository: string, reference: string, login = "") {
    const authorization = `Basic ${Buffer.from(login).toString("base64")}`;
    const answer = await fetch(`http://${registry}/v2/${repository}/manifests/${reference}`, {
      headers: { accept: [INDEX, IMAGE].join(", "), ...(login && { authorization }) },
    });
    assert.equal(answer.status, 200);
    return Buffer.from(await answer.arrayBuffer());
  }

  const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const nameOf = (digest: string) => `1-${digest.slice("sha256:".length, "sha256:".length + 12)}`;
  /** Of both apps: the second runs the first one's image. */
  const says = async () => {
    const texts = PAGES.map(async (page) => (await (await fetch(page)).text()).trim());
    return Promise.all(texts);
  };

  async function berth(...args: string[]): Promise<Ran> {
    const ran = await team!.berth(...args);
    assert.equal(ran.code, 0, `berth ${args.join(" ")}\n${ran.stdout}\n${ran.stderr}`);
    return ran;
  }

  interface Exported {
    readonly resources: readonly {
      readonly urn: string;
      readonly outputs?: Readonly<Record<string, unknown>>;
    }[];
  }

  async function exported(): Promise<Exported> {
    const { stdout } = await run(["pulumi", "stack", "export", "--stack", "dev"], team!.env, team!.project);
    return (JSON.parse(stdout) as { deployment: Exported }).deployment;
  }

  async function releases(): Promise<readonly Released[]> {
    const { stdout } = await berth("releases", "dev", "--json");
    const lists = JSON.parse(stdout) as { app: string; releases: readonly Released[] }[];
    const [page, twin] = ["page", "twin"].map((app) => lists.find((one) => one.app === app)!.releases);
    assert.deepEqual(
      twin!.map(({ tag, digest }) => [tag, digest]),
      page!.map(({ tag, digest }) => [tag, digest]),
    );
    return page!;
  }

  it("is previewed before there is a Nexus that could be asked: that nobody knows the digest is said, and nothing fails", async () => {
    const { stdout, stderr } = await berth("preview", "dev");
    assert.match(stdout, /page on main: not deployed → 1$/m);
    assert.match(
      stdout + stderr,
      /page: what page:1 points to isn't known, and the update looks it up: this stack has no Nexus yet/,
    );
  });

  it("deploys what its tag points to, by digest, under a name of its own", async () => {
    await berth("up", "dev");
    assert.deepEqual(await says(), ["one", "one"]);
    const [first, ...others] = await releases();
    assert.deepEqual([first!.tag, first!.digest, first!.runsOn, others], [nameOf(one), one, ["main"], []]);
  });

  it("is copied once: what runs the same image has it from there, without a byte sent", async () => {
    const { resources } = await exported();
    const sent = Object.fromEntries(
      resources.flatMap(({ urn, outputs }) => {
        const app = /local:Command::(\w+)-copy$/.exec(urn)?.[1];
        return app === undefined ? [] : [[app, JSON.parse(String(outputs?.["stdout"])).blobs.bytesCopied]];
      }),
    );
    assert.ok(sent["page"] > 1_000_000, JSON.stringify(sent));
    assert.equal(sent["twin"], 0);
  });

  it("is copied into Nexus's releases whole and byte for byte, for all of its platforms", async () => {
    const { stdout } = await berth("outputs", "dev", "--json", "--show-secrets");
    const { accounts, apps, dockerHosted } = JSON.parse(stdout);
    const { username, password } = accounts.puller;
    const login = `${username}:${password}`;
    const copied = await manifestOf(dockerHosted, "page", nameOf(one), login);
    assert.deepEqual(copied, await manifestOf(HUB, "library/page", one));
    const { manifests } = JSON.parse(copied.toString()) as { manifests: { digest: string }[] };
    assert.equal(manifests.length, 2);
    for (const { digest } of manifests)
      assert.equal(digestOf(await manifestOf(dockerHosted, "page", digest, login)), digest);
    assert.equal(apps.page.releasedImage, `${dockerHosted}/page@${one}`);
  });

  it("is no change while its tag stays, and a change by digest once it has moved", async () => {
    const { stdout } = await berth("preview", "dev", "--json");
    const { changes, hash } = JSON.parse(stdout);
    assert.deepEqual(changes, {});
    two = await publish("two");
    const reviewed = await team!.berth("up", "dev", "--expect", hash);
    assert.equal(reviewed.code, 3, "what was reviewed is no longer what the tag points to");
    assert.deepEqual(await says(), ["one", "one"]);
    const moved = await berth("preview", "dev");
    assert.match(moved.stdout, new RegExp(`page on main: ${nameOf(one)} → ${nameOf(two)}$`, "m"));
    await berth("up", "dev");
    assert.deepEqual(await says(), ["two", "two"]);
  });

  it("goes back by digest, although its tag has moved and the hub no longer has it", async () => {
    const gone = await fetch(`http://${HUB}/v2/library/page/manifests/${one}`, { method: "DELETE" });
    assert.ok([202, 405].includes(gone.status), String(gone.status));
    await berth("rollback", "dev", "--app", "page");
    assert.deepEqual(await says(), ["one", "one"]);
    const { stdout } = await berth("preview", "dev", "--json");
    assert.deepEqual(JSON.parse(stdout).changes, {});
    assert.deepEqual(
      (await releases()).map(({ tag, runsOn }) => [tag, runsOn]),
      [
        [nameOf(one), ["main"]],
        [nameOf(two), []],
        [nameOf(one), []],
      ],
    );
  });

  it("goes on with the tag once the pin is out; cleanup has its releases among those it knows", async () => {
    await berth("up", "dev", "--unpin");
    assert.deepEqual(await says(), ["two", "two"]);
    const { stdout } = await berth("cleanup", "dev", "--dry-run", "--json");
    assert.match(stdout, new RegExp(nameOf(one)));
  });
});
