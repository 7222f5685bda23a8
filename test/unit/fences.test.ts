import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = join(__dirname, "..", "..");

/**
 * The rooms of the house, from the ground up: a room imports from itself, from packages and from rooms above it in this list, never
 * from one below it. A file belongs to the room with the longest name that its path begins with.
 */
const rooms = [
  "components/values/",
  "components/http/",
  "components/base/",
  "components/cluster/",
  "components/docker/",
  "components/registry/wire/",
  "components/registry/logins/",
  "components/registry/",
  "components/registry/copy/",
  "components/edge/software/",
  "components/dockerfile/",
  "components/settings/",
  "components/edge/",
  "components/nexus/rest/",
  "components/nexus/object/",
  "components/nexus/tasks/",
  "components/nexus/kinds/repository/",
  "components/nexus/kinds/",
  "components/gitlab/api/",
  "components/gitlab/",
  "components/gitops/",
  "components/nexus/",
  "components/compose/",
  "components/image/",
  "components/release/",
  "components/deploy/",
  "components/",
  "index.ts",
  "automation/load-later.cjs",
  "automation/quick-start.cjs",
  "automation/terminal/",
  "automation/gitlab/",
  "automation/engine/",
  "automation/story/",
  "automation/copy/",
  "automation/stack-file/",
  "automation/stack/",
  "automation/change/model/",
  "automation/change/secrets/",
  "automation/change/note/",
  "automation/gitops/",
  "automation/services/",
  "automation/nexus/",
  "automation/compose/",
  "automation/change/",
  "automation/update/",
  "automation/releases/",
  "automation/cleanup/",
  "automation/drift/",
  "automation/init/",
  "automation/doctor/",
  "automation/report/",
  "automation/status/",
  "automation/completion/",
  "automation/commands/",
  "automation/",
];

/** Rooms that know less than what stands above them. */
const narrow: Record<string, readonly string[]> = {
  "components/values/": [],
  "components/http/": ["components/values/"],
  "components/registry/wire/": ["components/values/", "components/http/"],
  "components/registry/logins/": ["components/values/"],
  "components/registry/": [
    "components/values/",
    "components/http/",
    "components/registry/wire/",
    "components/registry/logins/",
  ],
  "components/registry/copy/": ["components/values/", "components/http/", "components/registry/"],
  "components/edge/software/": [],
  "components/dockerfile/": [],
  "components/gitlab/api/": ["components/values/", "components/http/"],
  "components/nexus/rest/": ["components/values/", "components/http/", "components/docker/"],
};

/** Outside of the house: they import from themselves, and from what is named. */
const beside: Record<string, readonly string[]> = {
  "sandbox/": [],
  "sandbox/test/": ["sandbox/", "test/support/"],
  "sandbox/integration/": ["sandbox/", "test/support/"],
  "sdks/": [],
  "reference/": ["components/", "automation/"],
};

/** So many files a folder has at most. */
const MOST_FILES = 20;

/** What the tests of the product take from the sandbox: a GitLab's tokens and runner, a client of Docker beside ours. */
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

  for (const [at, room] of rooms.entries()) {
    const below = narrow[room];
    const mayImport = (other: string) =>
      other === room ||
      (below ? below.some((one) => other.startsWith(one)) : rooms.slice(0, at).includes(other));
    it(`${room} imports only from ${["itself", ...(below ?? ["the rooms before it"])].join(", ")}`, () => {
      const files = room.endsWith("/") ? sources(room).filter((file) => roomOf(file) === room) : [room];
      assert.ok(files.length > 0);
      assert.deepEqual(straysOf(files, mayImport), []);
    });
  }

  for (const [folder, others] of Object.entries(beside)) {
    it(`${folder} imports only from ${["itself", ...others].join(", ")}`, () => {
      const inner = Object.keys(beside).filter((one) => one !== folder && one.startsWith(folder));
      const files = sources(folder).filter((file) => !inner.some((one) => file.startsWith(one)));
      const strays = files.flatMap((file) =>
        importsOf(file)
          .filter((target) => ![folder, ...others].some((one) => target.startsWith(one)))
          .map((target) => `${file} → ${target}`),
      );
      assert.deepEqual(strays, []);
    });
  }

  it("no file imports, by way of others, itself", () => {
    assert.deepEqual(circles([...sources("components"), ...sources("automation"), "index.ts"]), []);
  });

  it(`no folder has more than ${MOST_FILES} files`, () => {
    const counts = new Map<string, number>();
    for (const file of ["components", "automation", "sandbox", "test", "bench", "reference"].flatMap(sources))
      counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    assert.deepEqual(
      [...counts].filter(([, count]) => count > MOST_FILES),
      [],
    );
  });

  for (const folder of ["test/unit/", "test/integration/"])
    it(`${folder} takes of the sandbox only ${lent.join(", ")}`, () => {
      const strays = sources(folder).flatMap((file) =>
        importsOf(file, "sandbox/")
          .filter((target) => !lent.some((fence) => target.startsWith(fence)))
          .map((target) => `${file} → ${target}`),
      );
      assert.deepEqual(strays, []);
    });

  it("what tests in seconds by its nature is no unit test: nothing in test/unit/ starts Pulumi", () => {
    const strays = sources("test/unit").flatMap((file) =>
      importsOf(file, "test/support/")
        .filter((target) => /\/(inline-stack|scripted-project|sandbox-pulumi)\.ts$/.test(target))
        .map((target) => `${file} → ${target}`),
    );
    assert.deepEqual(strays, []);
  });

  it("the client of Kubernetes, which takes half a second to load, is loaded in one place, when first asked for", () => {
    const files = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
      .map((file) => join("components", file))
      .concat(sources("automation"), "index.ts")
      .filter((file) => /\.c?[jt]s$/.test(file));
    const loading =
      /(?<!typeof )(?:import|require)\(\s*"@kubernetes\/client-node"|from "@kubernetes\/client-node"/;
    assert.deepEqual(
      files.filter((file) => loading.test(readFileSync(join(root, file), "utf8"))),
      ["components/cluster/load-client.cjs"],
    );
  });

  it("no package name reaches into the sandbox, but for the command that starts it where it is installed", () => {
    const files = [...sources("components"), ...sources("automation"), "index.ts"];
    assert.deepEqual(
      files.filter((file) => readFileSync(join(root, file), "utf8").includes("berth-sandbox")),
      ["automation/commands/sandbox.ts"],
    );
  });
});

/** The room with the longest name that the path begins with; empty: none of them. */
function roomOf(file: string): string {
  const found = rooms.filter((room) => file.startsWith(room));
  return found.sort((a, b) => b.length - a.length)[0] ?? "";
}

/** Imports from rooms that the files' own may not know. */
function straysOf(files: readonly string[], mayImport: (room: string) => boolean): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((target) => !mayImport(roomOf(target)))
      .map((target) => `${file} → ${target}`),
  );
}

/** The shortest way from a file back to itself, for each file that has one. */
function circles(files: readonly string[]): string[] {
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  return files.flatMap((file) => {
    const from = new Map<string, string>();
    const queue = [file];
    for (const one of queue) {
      for (const target of imports.get(one) ?? []) {
        if (target === file) return [wayTo(one, from, file)];
        if (!from.has(target)) from.set(target, one) && queue.push(target);
      }
    }
    return [];
  });
}

function wayTo(last: string, from: ReadonlyMap<string, string>, first: string): string {
  const way = [first];
  for (let at: string | undefined = last; at !== undefined && at !== first; at = from.get(at))
    way.unshift(at);
  return [first, ...way].join(" → ");
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
