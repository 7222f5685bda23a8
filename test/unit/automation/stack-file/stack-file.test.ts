import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { parse } from "yaml";
import { setPlannedPin } from "../../../../automation/change/watched-program";
import { withPin } from "../../../../automation/stack-file/pin";
import { StackFile } from "../../../../automation/stack-file/stack-file";
import type { CommandError } from "../../../../automation/terminal/exit";
import { withVariables } from "../../../support/docker/other-docker";

const root = join(__dirname, "..", "..", "..", "..");
const release = { tag: "3f2a91c04d7e", digest: `sha256:${"a".repeat(64)}` };

describe("a stack's settings file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-stack-"));
    for (const name of ["Pulumi.yaml", "Pulumi.dev.yaml"]) copyFileSync(join(root, name), join(folder, name));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is pinned and unpinned with everything else kept, comments too", () => {
    const file = new StackFile("dev", folder);
    const before = readFileSync(file.path, "utf8");
    file.pin("blog", release);
    assert.deepEqual(file.settings().apps[0]!.release, release);
    const lines = (text: string) => text.split("\n");
    const added = lines(readFileSync(file.path, "utf8")).filter((line) => !lines(before).includes(line));
    assert.deepEqual(
      added.map((line) => line.trim()),
      ["release:", `tag: "${release.tag}"`, `digest: ${release.digest}`],
    );
    file.pin("blog", undefined);
    assert.equal(readFileSync(file.path, "utf8"), before);
  });

  it("is pinned whatever stands around the pin: another app, a comment, no line break at the end", () => {
    const apps =
      "    blog:\n      port: 80 # inside\n      volumes:\n        data: /data # deep\n    # the shop\n    shop:\n      port: 81";
    const text = `config:\n  berth:apps:\n${apps}`;
    const pinned = withPin(withPin(text, "blog", release), "shop", release);
    const { blog, shop } = parse(pinned).config["berth:apps"];
    assert.deepEqual([blog.release, shop.release], [release, release]);
    assert.match(pinned, /data: \/data # deep\n {6}release:\n.*\n.*\n {4}# the shop\n/);
    const other = { ...release, tag: "123" };
    assert.deepEqual(parse(withPin(pinned, "blog", other)).config["berth:apps"].blog.release, other);
    assert.equal(withPin(withPin(pinned, "blog", undefined), "shop", undefined), text);
  });

  it("is pinned where the pin stood before, so that what is said of it stays above it", () => {
    const apps = (lines: string) =>
      `config:\n  berth:apps:\n    blog:\n      # what runs\n${lines}      port: 80\n`;
    const pinned = apps(
      `      release:\n        tag: "v1"\n        digest: ${release.digest}\n        from: "dev"\n`,
    );
    const promoted = { tag: "v1", digest: release.digest, from: "dev" };
    assert.equal(withPin(apps("      release: none # yet\n"), "blog", promoted), pinned);
    assert.equal(withPin(pinned, "blog", promoted), pinned);
    assert.equal(withPin(pinned, "blog", undefined), apps(""));
  });

  it("is read as pinned where a release is planned, for the program that runs too, and stays as it is", () => {
    const file = new StackFile("dev", folder);
    const before = readFileSync(file.path, "utf8");
    const apps = { blog: { port: 8000, release: "none" }, shop: { port: 1 } };
    runtime.setAllConfig({ "berth:apps": JSON.stringify(apps), "berth:gitlab": "{}" });
    setPlannedPin(file);
    assert.deepEqual(JSON.parse(runtime.getConfig("berth:apps")!), apps);
    file.planned = [{ app: "blog", release }];
    setPlannedPin(file);
    assert.deepEqual(file.settings().apps[0]!.release, release);
    assert.deepEqual(JSON.parse(runtime.getConfig("berth:apps")!), {
      ...apps,
      blog: { port: 8000, release },
    });
    assert.equal(runtime.getConfig("berth:gitlab"), "{}");
    assert.equal(readFileSync(file.path, "utf8"), before);
    const planned = file.written();
    file.pin("blog", release);
    assert.deepEqual(file.written(), planned);
  });

  it("is put back as it was, unless somebody has changed it since", () => {
    const file = new StackFile("dev", folder);
    const before = readFileSync(file.path, "utf8");
    assert.equal(file.pin("blog", release)(), true);
    assert.equal(readFileSync(file.path, "utf8"), before);
    const putBack = file.pin("blog", release);
    const other = `${readFileSync(file.path, "utf8")}# somebody's\n`;
    writeFileSync(file.path, other);
    assert.equal(putBack(), false);
    assert.equal(readFileSync(file.path, "utf8"), other);
  });

  it("reports every mistake with the file's name, strays among them, as a usage error", () => {
    const path = join(folder, "Pulumi.dev.yaml");
    // Not at the end, where an engine that has used this stack wrote its salt.
    const text = readFileSync(path, "utf8")
      .replace("hostname: 127.0.0.1", "port: x\n    hostname: 127.0.0.1")
      .replace("config:\n", "config:\n  berth:nexsu: {}\n");
    writeFileSync(path, text);
    assert.throws(
      () => new StackFile("dev", folder).settings(),
      (error: CommandError) => {
        assert.equal(error.exit, 2);
        assert.equal(
          error.message,
          `${path}:\nberth:nexus.port: expected a port 1–65535, got "x"\nberth:nexsu: no such setting`,
        );
        return true;
      },
    );
  });

  it("takes an encrypted value for a text", () => {
    const path = join(folder, "Pulumi.dev.yaml");
    const secured = 'hub: { remote: "http://up.test", username: u, password: { secure: "v1:abc" } }';
    writeFileSync(path, readFileSync(path, "utf8").replace(/hub: \{.*\}/, secured));
    const { hub } = new StackFile("dev", folder).settings().nexus.repositories;
    assert.equal(hub?.type === "proxy" && hub.password, "[secret]");
  });

  it("takes for encrypted what an environment adds where secrets belong, and where it may be one", async () => {
    const file = 'environment: [team/dev]\nconfig: { berth:apps: { blog: { env: { MODE: "fast" } } } }\n';
    writeFileSync(join(folder, "Pulumi.dev.yaml"), file);
    const blog = {
      servers: ["main"],
      env: { MODE: "fast", A: "x" },
      secrets: { B: "y" },
      build: { args: { C: "z" } },
    };
    const apps = { value: JSON.stringify({ blog }), objectValue: { blog }, secret: true };
    writeFileSync(join(folder, "answer.json"), JSON.stringify({ "berth:apps": apps }));
    writeFileSync(join(folder, "pulumi"), `#!/bin/sh\ncat ${folder}/answer.json\n`); // in place of the engine
    chmodSync(join(folder, "pulumi"), 0o755);
    const path = `${folder}${delimiter}${process.env["PATH"]}`;
    const opened = await withVariables({ PATH: path }, () => StackFile.open("dev", folder));
    const secret = "[secret]";
    assert.deepEqual(opened.shapes()["berth:apps"], {
      blog: {
        servers: ["main"],
        env: { MODE: "fast", A: secret },
        secrets: { B: secret },
        build: { args: { C: secret } },
      },
    });
  });

  for (const name of [
    "",
    "dev ",
    "../dev",
    "..",
    "a/b/c/d",
    "acme//dev",
    "dev/",
    "Dévelop",
    "x".repeat(101),
  ]) {
    it(`knows that ${JSON.stringify(name.slice(0, 20))} can be no stack's name`, () => {
      assert.throws(() => new StackFile(name, folder), {
        name: "CommandError",
        exit: 2,
        message:
          `"${name}" can be no stack's name. It is of letters, digits, "_", "-" and "." (dev), ` +
          "with its organisation before it where the backend has any (acme/dev, acme/blog/dev).",
      });
    });
  }

  it("names the stacks that exist where the one asked for doesn't", () => {
    assert.throws(() => new StackFile("staging", folder), {
      name: "CommandError",
      message: `There is no stack "staging": no file ${join(folder, "Pulumi.staging.yaml")}. Stacks here: dev.`,
    });
  });
});
