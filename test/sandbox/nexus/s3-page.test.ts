import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { run } from "../../../sandbox/nexus/run";
import { freePort } from "../../support/free-port";
import { policyOfDocs } from "../../support/nexus/s3-policy";
import { S3Server } from "../../support/nexus/s3-server";
import { Page } from "../../support/page";
import { needsDocker } from "../../support/stack/own-sandbox";
import { readersShell, takeCheckout } from "../../support/stack/reader";
import { type Ran, root } from "../../support/stack/sandbox";
import { pulumiEnvironment } from "../../support/stack/sandbox-pulumi";
import { ensureImage } from "./harness";

const SECTION = "Blob stores in S3";

interface NexusBlock {
  readonly blobStores: {
    readonly archive: {
      readonly bucket: string;
      readonly region: string;
      readonly accessKeyId: string;
      secretAccessKey?: string;
    };
  };
  readonly [field: string]: unknown;
}

/** The section of docs/nexus.md from its settings to the last command, with an S3 server of this machine in Amazon's place. */
describe("a reader of docs/nexus.md who keeps artefacts in S3", function () {
  this.timeout(1_200_000);
  /** As ./harness names what it makes: leftovers are known by it. */
  const network = `berthnx${randomBytes(4).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), "berth-s3-page-"));
  const checkout = join(folder, "checkout");
  const [, block = ""] = /^```yaml\n([\s\S]*?)^```/m.exec(section()) ?? [];
  const nexus = parse(block.replace("{ secure: … }", '""'))["berth:nexus"] as NexusBlock;
  const { bucket, region, accessKeyId } = nexus.blobStores.archive;
  let s3: S3Server | undefined;
  let page: Page | undefined;
  let secret = "";
  let files = "";
  let authorization = "";

  before(async function () {
    await needsDocker(this);
    await ensureImage();
    this.timeout(1_200_000); // on a new machine the S3 server is built first
    await run("docker", ["network", "create", network]);
    s3 = await S3Server.start(network, { region, address: await bridgeAddress() });
    secret = await s3.account(accessKeyId);
    await s3.bucket(bucket, policyOfDocs(accessKeyId));
    for (const name of ["checkout", "state"]) mkdirSync(join(folder, name));
    takeCheckout(checkout);
    writeFileSync(join(checkout, "Pulumi.registry.yaml"), await settings(s3.port));
    writeFileSync(join(checkout, "secret-access-key"), secret, { mode: 0o600 });
    page = new Page("docs/nexus.md", SECTION, checkout, {
      ...readersShell(process.env),
      ...pulumiEnvironment(join(folder, "home")),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "a reader's",
    });
    await typed("pulumi stack init registry");
  });

  after(async () => {
    try {
      if (page) await typed("npx berth destroy registry --yes");
    } finally {
      page?.remove();
      await s3?.remove();
      if (s3) await run("docker", ["network", "rm", network]);
      rmSync(folder, { recursive: true });
    }
  });

  /** This machine's address for containers. Docker doesn't tell it as its bridge's gateway before it has been started a second time. */
  async function bridgeAddress(): Promise<string> {
    const name = '{{index .Options "com.docker.network.bridge.name"}}';
    const bridge = await run("docker", ["network", "inspect", "bridge", "--format", name]);
    const [, address] =
      / inet ([\d.]+)\//.exec(await run("ip", ["-4", "-oneline", "address", "show", bridge])) ?? [];
    return address ?? assert.fail(`this machine has no address on ${bridge}`);
  }

  /** The page's settings, with this machine's image, ports and S3, and without the key, which a command brings. */
  async function settings(port: number): Promise<string> {
    const { secretAccessKey: _, ...archive } = nexus.blobStores.archive;
    const endpoint = `http://host.docker.internal:${port}`;
    const blobStores = { archive: { ...archive, endpoint, forcePathStyle: true } };
    const ports = { releases: { port: await freePort() }, docker: { port: await freePort() }, gitlab: false };
    const repositories = {
      ...(nexus["repositories"] as object),
      ...ports,
      cache: { port: await freePort() },
    };
    const here = { hostname: "127.0.0.1", image: NEXUS_IMAGE, memory: 2048, port: await freePort() };
    return stringify({
      config: {
        "berth:nexus": { ...nexus, ...here, blobStores, repositories, allowDataLoss: true },
        "berth:gitlab": { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
        "berth:servers": {},
        "berth:apps": {},
      },
    });
  }

  async function typed(commands: string): Promise<Ran> {
    const ran = await page!.type(commands);
    assert.equal(ran.code, 0, `${commands}\n${ran.stdout}\n${ran.stderr}`);
    assert.ok(!`${ran.stdout}${ran.stderr}`.includes(secret), "the key's secret is told");
    return ran;
  }

  async function types(heading: string): Promise<string> {
    let said = "";
    for (const commands of page!.commands.get(heading) ?? assert.fail(`no "${heading}"`)) {
      const { stdout, stderr } = await typed(commands);
      said += stdout + stderr;
    }
    return said;
  }

  const ask = (method: string, body?: string) => fetch(files, { method, body, headers: { authorization } });

  it("finds no command that isn't typed here", () => {
    assert.deepEqual(
      [...page!.commands].filter(([, blocks]) => blocks.length > 0).map(([heading]) => heading),
      ["From the key to a repository in S3", "When deleted bytes leave the bucket"],
    );
  });

  it("comes from a key to a repository whose bytes lie in the bucket, below the prefix alone", async () => {
    const said = await types("From the key to a repository in S3");
    assert.match(said, /archive/);
    const written = readFileSync(join(checkout, "Pulumi.registry.yaml"), "utf8");
    assert.match(written, /secretAccessKey:\s+secure: /);
    assert.ok(!written.includes(secret));
    const { stdout } = await typed("npx berth outputs registry --show-secrets --json");
    const { nexusUrl, accounts } = JSON.parse(stdout);
    files = `${nexusUrl}/repository/artefacts/backup`;
    authorization = `Basic ${Buffer.from(`ci:${accounts.ci.password}`).toString("base64")}`;
    assert.equal((await ask("PUT", "x".repeat(100_000))).status, 201);
    assert.equal((await (await ask("GET")).text()).length, 100_000);
    const objects = await s3!.objects(bucket);
    assert.ok([...objects.values()].includes(100_000), JSON.stringify([...objects]));
    assert.deepEqual(
      [...objects.keys()].filter((key) => !key.startsWith("nexus/")),
      [],
    );
  });

  it("is told where bytes stay after a garbage collection", async () => {
    assert.equal((await ask("DELETE")).status, 204);
    const said = await types("When deleted bytes leave the bucket");
    assert.match(said, /^compact the blob store archive$/m);
    assert.match(said, /^left out: Blobs of archive are only marked as deleted: .* after 3 days/m);
  });
});

function section(): string {
  const sections = readFileSync(join(root, "docs/nexus.md"), "utf8").split(/^## /m);
  return sections.find((one) => one.startsWith(`${SECTION}\n`)) ?? "";
}
