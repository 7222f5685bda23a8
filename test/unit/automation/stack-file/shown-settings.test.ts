import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { settingsText, shownSettings } from "../../../../automation/stack-file/shown-settings";
import { StackFile } from "../../../../automation/stack-file/stack-file";
import { parseSettings } from "../../../../components/settings/settings";

const TEXT = `config:
  berth:nexus:
    hostname: nexus.test
    eula: accepted
    adminPassword: in-plain-text
    accounts:
      pusher: { password: { secure: "v1:cipher" } }
  berth:gitlab: { url: "https://gitlab.test", registry: "gitlab.test:5050", project: team/blog }
  berth:servers:
    main: { docker: "unix:///x", address: main.test }
  berth:apps:
    blog:
      build: {}
      port: 8000
      publish: 8080
      servers: [main]
      volumes: { data: /data }
      env: { NOTE: "two\\nlines" }
      secrets: { TOKEN: { secure: "v1:cipher" } }
    shop: { release: none, port: 8001, publish: 8081, servers: [main], memory: 512 }
`;

describe("settings as berth config show shows them", () => {
  let folder: string;
  let file: StackFile;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-shown-"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: blog\n");
    writeFileSync(join(folder, "Pulumi.dev.yaml"), TEXT);
    file = new StackFile("dev", folder);
  });
  after(() => rmSync(folder, { recursive: true }));
  const shown = () => shownSettings(file.settings(), { file: file.own(), all: file.raw() });

  it("have every default, and where each comes from", () => {
    const { settings, from } = shown();
    const { apps, nexus } = settings as {
      apps: Record<string, Record<string, unknown>>;
      nexus: Record<string, unknown>;
    };
    assert.equal(apps["blog"]!["memory"], 512);
    assert.deepEqual([from["apps.blog.memory"], from["apps.shop.memory"]], ["default", "file"]);
    assert.equal(from["apps.blog.servers"], "file");
    assert.deepEqual(apps["blog"]!["volumes"], { data: { path: "/data", allowDataLoss: false } });
    assert.deepEqual(
      [from["apps.blog.volumes.data.path"], from["apps.blog.volumes.data.allowDataLoss"]],
      ["file", "default"],
    );
    assert.equal(
      (nexus["repositories"] as Record<string, { remote?: string }>)["gitlab"]?.remote,
      "https://gitlab.test:5050",
    );
    assert.equal(from["nexus.repositories.hub.remote"], "default");
    assert.equal(apps["shop"]!["release"], "none");
    assert.equal(from["apps.shop.release"], "file");
  });

  it("show no secret, encrypted or not", () => {
    const { settings, from } = shown();
    const text = `${JSON.stringify(settings)}${settingsText({ settings, from }, "Pulumi.dev.yaml")}`;
    assert.doesNotMatch(text, /cipher|in-plain-text/);
    assert.match(text, /"adminPassword":"\[secret\]"/);
    assert.match(text, /TOKEN: "?\[secret\]"?\n/);
  });

  it("tell what the engine adds from what the file says", () => {
    const all = file.raw() as Record<string, Record<string, unknown>>;
    const { from } = shownSettings(file.settings(), { file: { ...all, gitlab: {} }, all });
    assert.deepEqual([from["gitlab.url"], from["nexus.hostname"]], ["elsewhere", "file"]);
  });

  it("are a text that says the same when it is read as a stack file", () => {
    const text = settingsText(shown(), "Pulumi.dev.yaml");
    assert.match(text, /^ {4}memory: 512 # default$/m);
    const entries = Object.entries(parse(text) as Record<string, unknown>);
    const again = Object.fromEntries(entries.map(([key, value]) => [key.replace("berth:", ""), value]));
    const hidden = JSON.parse(JSON.stringify(file.raw()).replace("in-plain-text", "[secret]"));
    assert.deepEqual(parseSettings(again), parseSettings(hidden));
  });
});
