import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = join(__dirname, "..", "..");

/** Folder → the folders (or files) it may import from, besides itself and packages. A folder with fences of its own is not of it. */
const allowed: Record<string, string[]> = {
  "index.ts": ["components/"],
  "components/http/": ["components/tls-trust.ts"],
  "components/registry/": ["components/http/", "components/tls-trust.ts"],
  "components/nexus/": [
    "components/bytes-text.ts",
    "components/docker-host.ts",
    "components/dynamic-module.ts",
    "components/http/",
    "components/registry/secrets.ts", // the one scrubber
    "components/tls-trust.ts",
  ],
  "components/edge/": [
    "components/docker-host.ts",
    "components/http/",
    "components/idle-container.ts",
    "components/tls-trust.ts",
  ],
  "components/": ["components/http/", "components/nexus/", "components/registry/", "components/edge/"],
  "automation/": ["components/", "index.ts"],
  "sandbox/": [],
  "sandbox/test/": ["sandbox/", "test/support/"],
  "sdks/": [],
};

/** What the unit tests of the product take from the sandbox: a GitLab's tokens and runner, a client of Docker beside ours. */
const lent = [
  "sandbox/gitlab/access-tokens.ts",
  "sandbox/gitlab/runner/",
  "sandbox/pulumi/src/providers/docker/connection.ts",
];

describe("the fences between folders", () => {
  it("finds the sources it is to guard", () => {
    assert.ok(
      sources("components").length > 10 &&
        sources("automation").length > 10 &&
        sources("sandbox").length > 10,
    );
  });

  for (const [from, to] of Object.entries(allowed)) {
    it(`${from} imports only from ${[from, ...to].join(", ")}`, () => {
      const files = from.endsWith("/") ? sources(from).filter((file) => owner(file) === from) : [from];
      const strays = files.flatMap((file) =>
        importsOf(file)
          .filter((target) => owner(target) !== from && !to.some((fence) => target.startsWith(fence)))
          .map((target) => `${file} → ${target}`),
      );
      assert.deepEqual(strays, []);
    });
  }

  it(`test/unit/ takes of the sandbox only ${lent.join(", ")}`, () => {
    const strays = sources("test/unit").flatMap((file) =>
      importsOf(file, "sandbox/")
        .filter((target) => !lent.some((fence) => target.startsWith(fence)))
        .map((target) => `${file} → ${target}`),
    );
    assert.deepEqual(strays, []);
  });

  it("no package name reaches into the sandbox", () => {
    const files = [...sources("components"), ...sources("automation"), "index.ts"];
    assert.deepEqual(
      files.filter((file) => readFileSync(join(root, file), "utf8").includes("@berth/sandbox")),
      [],
    );
  });
});

/** The most exact fence that a file lies in. */
function owner(file: string): string {
  const fences = Object.keys(allowed).filter((fence) => file.startsWith(fence));
  return fences.sort((a, b) => b.length - a.length)[0]!;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter(
      (file) =>
        /\.[jt]s$/.test(file) && !file.includes("node_modules") && statSync(join(root, file)).isFile(),
    );
}

/** The files of this repository, or of one folder of it, that a file imports, as paths from the root. */
function importsOf(file: string, folder = ""): string[] {
  const text = readFileSync(join(root, file), "utf8");
  const specifiers = [...text.matchAll(/(?:from|import|require)\s*\(?\s*"(\.[^"]*)"/g)].map(
    (match) => match[1]!,
  );
  const targets = specifiers
    .map((specifier) => resolve(root, dirname(file), specifier))
    .filter((target) => target.startsWith(join(root, folder)));
  return targets.map((target) => {
    const found = [target, `${target}.ts`, join(target, "index.ts")].find((path) => isFile(path));
    assert.ok(found, `${file} imports ${relative(root, target)}, which is no file`);
    return relative(root, found);
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
