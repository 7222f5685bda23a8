import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { editYaml } from "../../components/gitops/edit-yaml";
import { releaseValues } from "../../components/gitops/release-values";
import { kinds } from "../../components/nexus/kinds";
import { gitopsSchema } from "../../components/settings/gitops/gitops-settings";
import { parseSettings } from "../../components/settings/settings";

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

/** Sources of this repository, as paths from its root. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => !file.includes("node_modules"));
}

/** `kind.ts`, `docs/decisions/0003-….md`: sources, and documents by their path. Not what others have in `node_modules/`. */
function namedInComments(source: string): string[] {
  const comments = source.match(/^\s*(?:\/\/|\/?\*).*$/gm) ?? [];
  const file =
    /(?<![\w./<>@-])(?:[\w-]+\/)*[a-z][\w.-]*\.(?:ts|cjs)\b|(?<![\w./<>@-])(?:[\w-]+\/)+[\w.-]+\.md\b/g;
  return comments.flatMap((comment) => comment.match(file) ?? []);
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
    assert.equal(blocks.length, 7);
    for (const [, block] of blocks) {
      const { blog } = parse(block!.replaceAll("{ secure: … }", '"[secret]"'))["berth:apps"];
      const apps = { blog: { port: 80, publish: 80, servers: ["main"], ...blog } };

      const servers = Object.fromEntries(
        apps.blog.servers.map((name: string) => [
          name,
          { docker: `unix:///${name}`, address: `${name}.test` },
        ]),
      );
      const written = { textAt: () => "1.10", isSecret: () => false, mayBeSecret: () => false };
      assert.doesNotThrow(() =>
        parseSettings(
          { ...others, nexus: { hostname: "nexus.test", eula: "accepted" }, servers, apps },
          { written },
        ),
      );
    }
  });

  it("has valid settings in its example of compose", () => {
    const [, block] = /^```yaml\n([\s\S]*?)^```/m.exec(text("docs/compose.md"))!;
    const config = Object.entries(parse(block!).config).map(([key, value]) => [
      key.slice("berth:".length),
      value,
    ]);
    assert.doesNotThrow(() => parseSettings(Object.fromEntries(config)));
  });

  it("has valid settings in its examples of clusters, each of which writes into the file beside it", () => {
    const blocks = [...text("docs/kubernetes.md").matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(
      (match) => match[1]!,
    );
    const [stack, ...others] = blocks as [string, ...string[]];
    const config = Object.entries(parse(stack).config).map(([key, value]) => [
      key.slice("berth:".length),
      value,
    ]);
    const settings = Object.fromEntries(config);
    const [first] = parseSettings(settings).waiting;
    const { gitops } = settings.apps.blog;
    const targets = others.filter((block) => block.startsWith("# the target"));
    const files = others.filter((block) => !block.startsWith("# the target"));
    const apps = targets.map((block) => ({ release: "none", gitops: { ...gitops, ...parse(block) } }));
    const all = [first!, ...apps.map((blog) => parseSettings({ ...settings, apps: { blog } }).waiting[0]!)];
    assert.equal(all.length, files.length);
    for (const [index, app] of all.entries()) {
      const [target] = app.gitops;
      assert.ok(files[index]!.startsWith(`# ${target!.path}\n`), target!.path);
      const image = `nexus.example.com:8082/blog@sha256:${"1".repeat(64)}`;
      const { changes } = editYaml(files[index]!, releaseValues(target!, { tag: "3f2a91c04d7e", image }));
      assert.equal(changes.length, Object.values(target!.values).flat().length);
    }
  });

  it("has valid settings in its example of a cluster that is asked, and its role has what is asked for", () => {
    const blocks = [...text("docs/kubernetes.md").matchAll(/^```yml\n# (.*)\n([\s\S]*?)^```/gm)];
    const block = (title: string) => parse(blocks.find((match) => match[1] === title)![2]!);
    const target = { project: "a/b", branch: "main", path: "v.yaml", values: { digest: "digest" } };
    const { data } = gitopsSchema.safeParse({ ...target, ...block("in the target") });
    assert.equal(data?.[0]?.cluster?.namespace, "blog");
    const { rules }: { rules: { resources: string[]; verbs: string[] }[] } = block("the account's role");
    const granted = rules.flatMap(({ resources, verbs }) =>
      verbs.flatMap((verb) => resources.map((resource) => `${verb} ${resource}`)),
    );
    const sources = readdirSync(join(root, "components/cluster")).map((file) =>
      text(`components/cluster/${file}`),
    );
    const asked = [...sources.join("").matchAll(/verb: "(\w+)", resource: "([\w/]+)"/g)].map(
      ([, verb, resource]) => `${verb} ${resource}`,
    );
    const secrets = ["create", "delete", "get", "update"].map((verb) => `${verb} secrets`);
    assert.deepEqual([...granted, ...secrets].sort(), [...new Set(asked)].sort());
  });

  it("has a row for every kind of Nexus object, with a link to an example", () => {
    const rows = text("docs/nexus.md").matchAll(/^\| ([\w, ]+) \| .* \| \[example\]\(#([\w-]+)\) \|$/gm);
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

  it("has a row in the map of the house for every room, with a door that is there", () => {
    const rows = [...text("docs/architecture.md").matchAll(/^\| `([\w/-]+)` \| `([\w.-]+)` \|/gm)];
    for (const [, room, door] of rows)
      assert.ok(existsSync(join(root, room!, door!)), `docs/architecture.md: ${room} has no ${door}`);
    const rooms = rows.map(([, room]) => room!);
    const folders = ["components", "automation"].flatMap((house) =>
      readdirSync(join(root, house), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${house}/${name}`),
    );
    assert.ok(folders.length > 20);
    assert.deepEqual(
      folders.filter((folder) => !rooms.includes(folder)),
      [],
    );
  });

  it("names nothing in the map of the house that isn't there", () => {
    const named = [
      ...text("docs/architecture.md").matchAll(/`((?:components|automation|test|docs|sandbox)\/[^`]*)`/g),
    ];
    assert.ok(named.length > 50);
    for (const [, path] of named)
      assert.ok(existsSync(join(root, path!)), `docs/architecture.md names ${path}`);
  });

  it("names in comments of the sources no file that isn't there", () => {
    const files = ["components", "automation", "test", "sandbox"].flatMap(filesBelow);
    const names = new Set([...files.map((file) => basename(file)), ...readdirSync(root)]);
    const isThere = (file: string, path: string) =>
      [root, join(root, dirname(file))].some((folder) => existsSync(join(folder, path))) ||
      (!path.includes("/") && names.has(path));
    const lost = files
      .filter((file) => /\.(ts|cjs)$/.test(file))
      .flatMap((file) => namedInComments(text(file)).map((path) => [file, path] as const))
      .filter(([file, path]) => !isThere(file, path));
    assert.deepEqual(lost, []);
  });

  it("names no file that isn't there", () => {
    for (const file of [
      "README.md",
      ...[
        "nexus",
        "production",
        "deploy",
        "gitlab",
        "builds",
        "safety",
        "architecture",
        "compose",
        "kubernetes",
        "init",
        "commands",
        "doctor",
        "package",
        "sandbox",
      ].map((name) => `docs/${name}.md`),
    ]) {
      const named = [...text(file).matchAll(/\]\(([\w./-]+)(?:#[\w-]*)?\)/g)].map((match) => match[1]!);
      for (const path of named)
        assert.ok(existsSync(join(root, join(file, ".."), path)), `${file} names ${path}`);
    }
  });
});
