import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE_IMAGE } from "../../../automation/compose/stack-compose";
import { NEXUS_IMAGE } from "../../../sandbox/nexus/build";
import { DockerCompose } from "../../support/docker/docker-compose";
import { nodeImage } from "../../support/docker/node-image";
import { freePort } from "../../support/free-port";
import { Page } from "../../support/page";
import { readersShell, takeCheckout } from "../../support/stack/reader";
import { root } from "../../support/stack/sandbox";
import { NexusStage, needsNexusImage } from "./harness";

/** docs/compose.md typed from its first command to its last, on ports of its own and with the images of this machine. */
describe("a reader of docs/compose.md", function () {
  this.timeout(600_000);
  const stage = new NexusStage();
  const checkout = mkdtempSync(join(tmpdir(), "berth-compose-page-"));
  const own = `${stage.run}/alpine:3`;
  const ports = new Map<string, string>();
  let compose: DockerCompose | undefined;
  let page: Page;
  let isTagged = false;

  before(async function () {
    await needsNexusImage(this);
    compose = await DockerCompose.get();
    for (const port of ["8081", "8082", "8083", "8084"]) ports.set(port, String(await freePort()));
    takeCheckout(checkout);
    writeFileSync(join(checkout, "Pulumi.registry.yaml"), settings());
    if ((await stage.docker(["image", "ls", "--quiet", NODE_IMAGE])) === "") {
      await stage.docker(["tag", nodeImage(), NODE_IMAGE]);
      isTagged = true;
    }
    await stage.image(own);
    page = new Page("docs/compose.md", "From settings to a registry", checkout, readersShell(compose.env));
  });

  after(async () => {
    const file = join(checkout, "nexus", "docker-compose.yml");
    await compose?.in(checkout, "-f", file, "down", "--volumes", "--timeout", "20");
    if (isTagged) await stage.docker(["image", "rm", NODE_IMAGE]);
    for (const port of ports.values()) await stage.forget(`127.0.0.1:${port}/team/alpine:3`);
    await stage.forget(own);
    page?.remove();
    compose?.remove();
    rmSync(checkout, { recursive: true });
    await stage.cleanUp();
  });

  /** The page's settings, with this machine's image and ports. */
  function settings(): string {
    const [, text = ""] =
      /^```yaml\n([\s\S]*?)^```/m.exec(readFileSync(join(root, "docs/compose.md"), "utf8")) ?? [];
    const here = [`    image: ${NEXUS_IMAGE}`, "    memory: 1536", `    port: ${ports.get("8081")}`];
    const repositories = [
      `      releases: { port: ${ports.get("8082")} }`,
      `      docker: { port: ${ports.get("8083")} }`,
      `      cache: { port: ${ports.get("8084")} }`,
    ];
    return text
      .replace("  berth:nexus:\n", (line) => `${line}${here.join("\n")}\n`)
      .replace("    repositories:\n", (line) => `${line}${repositories.join("\n")}\n`);
  }

  async function types(heading: string): Promise<string> {
    const blocks = page.commands.get(heading) ?? assert.fail(`no "${heading}"`);
    let said = "";
    for (const block of blocks) {
      const commands = block
        .replaceAll(" alpine:3 ", ` ${own} `)
        .replace(/127\.0\.0\.1:(\d+)/g, (_all, port: string) => `127.0.0.1:${ports.get(port)}`);
      const { code, stdout, stderr } = await page.type(commands);
      assert.equal(code, 0, `${commands}\n${stdout}\n${stderr}`);
      said += stdout + stderr;
    }
    for (const name of readdirSync(join(checkout, "nexus", "secrets")))
      assert.ok(!said.includes(readFileSync(join(checkout, "nexus", "secrets", name), "utf8")), name);
    return said;
  }

  it("finds no command that isn't typed here", () => {
    assert.deepEqual(
      [...page.commands].filter(([, blocks]) => blocks.length > 0).map(([heading]) => heading),
      ["Write it", "Start it", "Use it", "Change it", "Take it down, and up again"],
    );
  });

  it("comes from settings to a Nexus that takes and gives images", async () => {
    assert.match(await types("Write it"), /docker-compose\.yml is written, with what it needs beside it\./);
    assert.match(await types("Start it"), /Nexus is ready at http:\/\/127\.0\.0\.1:/);
    assert.match(await types("Use it"), /Pull complete|Image is up to date|Downloaded newer image/);
  });

  it("changes it and finds all of it again after it was down", async () => {
    await types("Change it");
    await stage.forget(`127.0.0.1:${ports.get("8083")}/team/alpine:3`);
    assert.match(await types("Take it down, and up again"), /Downloaded newer image|Image is up to date/);
  });
});
