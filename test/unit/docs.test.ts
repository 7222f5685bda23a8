import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { kinds } from "../../components/nexus/kinds";
import { parseSettings } from "../../components/settings";

const root = join(__dirname, "..", "..");
const text = (file: string) => readFileSync(join(root, file), "utf8");

/** The examples of docs/nexus.md by the anchors of their sections. */
function examples(): Map<string, string[]> {
  const sections = text("docs/nexus.md").split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => [
      anchorOf(section.split("\n")[0]!),
      [...section.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1]!),
    ]),
  );
}

const anchorOf = (heading: string) => heading.trim().toLowerCase().replaceAll(" ", "-");

const others = {
  gitlab: { url: "https://gitlab.example.com", registry: "registry.example.com", project: "team/blog" },
  servers: {},
  apps: {},
};

describe("the documentation", () => {
  for (const [section, blocks] of examples()) {
    it(`has valid settings in its example of ${section}`, () => {
      assert.ok(blocks.length > 0, "a section without an example");
      for (const block of blocks) {
        const { "berth:nexus": nexus, ...rest } = parse(block.replaceAll("{ secure: … }", '"[secret]"'));
        assert.deepEqual(Object.keys(rest), []);
        assert.doesNotThrow(() => parseSettings({ ...others, nexus }));
      }
    });
  }

  it("has valid settings in its example of production", () => {
    const [, block] = /^```yaml\n([\s\S]*?)^```/m.exec(text("docs/production.md"))!;
    const config = Object.entries(parse(block!).config).map(([key, value]) => [
      key.slice("berth:".length),
      value,
    ]);
    assert.deepEqual(
      parseSettings(Object.fromEntries(config)).waiting.map(({ name }) => name),
      ["blog"],
    );
  });

  it("has valid settings in its example of what is kept in GitLab", () => {
    const blocks = [...text("docs/gitlab.md").matchAll(/^```yaml\n(berth:gitlab:[\s\S]*?)^```/gm)];
    assert.ok(blocks.length > 0);
    for (const [, block] of blocks) {
      const gitlab = parse(block!)["berth:gitlab"];
      assert.doesNotThrow(() =>
        parseSettings({ ...others, nexus: { hostname: "nexus.example.com", eula: "accepted" }, gitlab }),
      );
    }
  });

  it("has valid settings in its examples of builds", () => {
    const blocks = [...text("docs/builds.md").matchAll(/^```yaml\n(berth:apps:[\s\S]*?)^```/gm)];
    assert.equal(blocks.length, 2);
    for (const [, block] of blocks) {
      const { blog } = parse(block!.replaceAll("{ secure: … }", '"[secret]"'))["berth:apps"];
      const apps = { blog: { port: 80, publish: 80, servers: ["main"], ...blog } };
      const servers = { main: { docker: "unix:///x", address: "main.test" } };
      const written = { textAt: () => "1.10", isSecret: () => false, mayBeSecret: () => false };
      assert.doesNotThrow(() =>
        parseSettings(
          { ...others, nexus: { hostname: "nexus.test", eula: "accepted" }, servers, apps },
          { written },
        ),
      );
    }
  });

  it("has a row in the README for every kind, with a link to an example", () => {
    const rows = text("README.md").matchAll(
      /^\| ([\w, ]+) \| .* \| \[example\]\(docs\/nexus\.md#([\w-]+)\) \|$/gm,
    );
    const listed: string[] = [];
    for (const [, names, anchor] of rows) {
      listed.push(...names!.split(", "));
      assert.ok(examples().has(anchor!), `docs/nexus.md has no section ${anchor}`);
    }
    assert.deepEqual(listed.sort(), [...Object.keys(kinds), "AdminPassword"].sort());
  });

  it("says nothing of safety that is no test", () => {
    const sentences = text("docs/safety.md").match(/^- .*$/gm) ?? [];
    assert.ok(sentences.length > 20);
    for (const sentence of sentences) {
      const [, file, title] = /\. <!-- (\S+\.ts) › (.+) -->$/.exec(sentence) ?? [];
      assert.ok(file && title, sentence);
      const quoted = [`"${title}"`, `\`${title}\``, `"${title.replaceAll('"', '\\"')}"`];
      assert.ok(
        quoted.some((words) => text(file).includes(`it(${words},`)),
        `${file} has no test "${title}"`,
      );
    }
  });

  it("names no file that isn't there", () => {
    for (const file of [
      "README.md",
      ...["nexus", "production", "deploy", "gitlab", "builds", "safety"].map((name) => `docs/${name}.md`),
    ]) {
      const named = [...text(file).matchAll(/\]\(([\w./-]+)(?:#[\w-]*)?\)/g)].map((match) => match[1]!);
      for (const path of named)
        assert.ok(existsSync(join(root, join(file, ".."), path)), `${file} names ${path}`);
    }
  });
});
