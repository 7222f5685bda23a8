import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerProvider } from "../../pulumi/src/providers/docker";
import { traceLines } from "../../pulumi/src/providers/docker/image/build-trace";
import { contextEntries } from "../../pulumi/src/providers/docker/image/context";
import { contextDigest } from "../../pulumi/src/providers/docker/image/digest";
import { Dockerignore } from "../../pulumi/src/providers/docker/image/dockerignore";
import { masker } from "../../pulumi/src/providers/docker/image/mask";
import {
  configFileAuths,
  registryOfImage,
  repositoryOf,
} from "../../pulumi/src/providers/docker/registry-auth";
import { tarStream } from "../../pulumi/src/providers/docker/tar";
import { type Props, UNKNOWN } from "../../pulumi/src/providers/provider";
import { Resource } from "./resource";

describe("docker's Image before Docker comes in", () => {
  let directory: string;
  let context: string;
  let image: Resource;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "berth-image-"));
    context = join(directory, "app");
    mkdirSync(context);
    write("Dockerfile", "FROM scratch\n");
    image = new Resource(dockerProvider.create(), "docker:index/image:Image", "app");
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  function write(path: string, content: string): void {
    mkdirSync(join(context, path, ".."), { recursive: true });
    writeFileSync(join(context, path), content, { mode: 0o644 });
    chmodSync(join(context, path), 0o644);
  }

  const digest = () => contextDigest(context, join(context, "Dockerfile"));

  it("computes the digest that the real plugin recorded for the same context", async () => {
    write(
      "Dockerfile",
      `ARG BASE\nFROM $\{BASE}\nARG V\nRUN echo $V > /v\nHEALTHCHECK --interval=1s --retries=10 CMD python3 -c "import urllib.request as u;u.urlopen('http://127.0.0.1:8000/v')"\nWORKDIR /\nCMD ["python3","-m","http.server","8000"]\n`,
    );
    assert.equal(await digest(), "72270275b5d2cdda6791c2a1bd53b3d7c29f26fc4e33285e1e9b00024458bc8a");
  });

  it("changes the digest for content, name and mode, not for dates and ignored files", async () => {
    write("a", "1");
    write(".dockerignore", "*.log\n");
    symlinkSync("a", join(context, "link"));
    const first = await digest();
    utimesSync(join(context, "a"), 1, 1);
    write("x.log", "ignored");
    assert.equal(await digest(), first);
    const seen = new Set([first]);
    const changed = async () => {
      const next = await digest();
      assert.ok(!seen.has(next), "the digest did not change");
      seen.add(next);
    };
    write("a", "2");
    await changed();
    chmodSync(join(context, "a"), 0o755);
    await changed();
    write("b", "2");
    await changed();
    rmSync(join(context, "link"));
    symlinkSync("b", join(context, "link"));
    await changed();
  });

  it("fills in context, Dockerfile and platform, and refuses what it doesn't have", async () => {
    const inputs = await image.check({
      imageName: "127.0.0.1:5000/a",
      build: { context, args: { V: UNKNOWN } },
    });
    const build = inputs["build"] as Props;
    assert.deepEqual(
      [build["dockerfile"], build["platform"]],
      [join(context, "Dockerfile"), `linux/${process.arch === "x64" ? "amd64" : process.arch}`],
    );
    assert.equal(build["contextDigest"], await digest());
    assert.deepEqual([inputs["skipPush"], inputs["buildOnPreview"]], [false, false]);
    const check = (more: Props) =>
      image.check({ imageName: "127.0.0.1:5000/a", build: { context, ...more } });
    await assert.rejects(
      check({ cacheFrom: { registry: "a" } }),
      /docker:index\/image:Image: the sandbox does not support "build.cacheFrom.registry"/,
    );
    await assert.rejects(
      check({ dockerfile: "Dockerfile" }),
      /could not open dockerfile at relative path "Dockerfile". Try setting `dockerfile` to ".*app\/Dockerfile"/,
    );
    await assert.rejects(check({ dockerfile: join(context, "nothing") }), /could not open dockerfile/);
    await assert.rejects(
      image.check({ imageName: "app", build: { context } }),
      /"app": This resource requires all image names to be fully qualified/,
    );
    await image.check({ imageName: "app", build: { context }, skipPush: true });
    await image.check({ imageName: UNKNOWN, build: { context: UNKNOWN } });
  });

  it("leaves everything that a build decides unknown in a preview, Docker unasked", async () => {
    const inputs: Props = {
      imageName: "127.0.0.1:5000/a:1",
      build: { context, args: { BASE: UNKNOWN } },
      registry: { server: "127.0.0.1:5000" },
    };
    const outputs = await image.preview(inputs);
    assert.deepEqual(outputs, {
      imageName: "127.0.0.1:5000/a:1",
      baseImageName: "127.0.0.1:5000/a:1",
      registryServer: "127.0.0.1:5000",
      context,
      dockerfile: "Dockerfile",
      platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
      repoDigest: UNKNOWN,
    });
    assert.equal((await image.preview({ ...inputs, buildOnPreview: true }))["repoDigest"], UNKNOWN);
  });

  it("updates for everything but credentials, and never replaces", async () => {
    const registry = { server: "127.0.0.1:5000", username: "u", password: "p" };
    const inputs: Props = { imageName: "127.0.0.1:5000/a:1", build: { context }, registry };
    image.inputs = await image.check(inputs);
    image.state = { id: "127.0.0.1:5000/a:1", outputs: { __inputs: image.inputs } };
    assert.equal(
      (await image.diff({ ...inputs, registry: { ...registry, username: "v", password: "q" } })).changes,
      false,
    );
    const diff = await image.diff({
      imageName: "127.0.0.1:5001/a:2",
      build: { context, args: { V: UNKNOWN } },
      registry: { ...registry, server: "127.0.0.1:5001" },
    });
    assert.deepEqual(diff, {
      changes: true,
      replaces: [],
      deleteBeforeReplace: false,
      detailed: { build: "update", imageName: "update", registry: "update" },
    });
  });

  it("sends a context that tar reads back: long names, links, modes, an ignored and an outer Dockerfile", async () => {
    const long = `${"directory/".repeat(12)}${"n".repeat(90)}.txt`;
    write(long, "long");
    write("run.sh", "x".repeat(100_000));
    write("skip/a", "");
    write("skip/keep", "kept");
    write(".dockerignore", "skip\n!skip/keep\nDockerfile\n");
    chmodSync(join(context, "run.sh"), 0o755);
    symlinkSync("../nowhere", join(context, "link"));
    assert.deepEqual(
      await listed(join(context, "Dockerfile")),
      [
        "-rw-r--r-- .dockerignore",
        "-rw-r--r-- Dockerfile",
        ...Array.from({ length: 12 }, (_, index) => `drwxr-xr-x ${"directory/".repeat(index + 1)}`),
        `-rw-r--r-- ${long}`,
        "lrwxrwxrwx link -> ../nowhere",
        "-rwxr-xr-x run.sh",
        "-rw-r--r-- skip/keep",
      ].sort(),
    );
    writeFileSync(join(directory, "Outer"), "FROM scratch\n");
    assert.ok(
      (await listed(join(directory, "Outer"))).some((line) => line.endsWith(" .dockerfile.berth-sandbox")),
    );
  });

  async function listed(dockerfile: string): Promise<string[]> {
    const pieces: Buffer[] = [];
    for await (const piece of tarStream(contextEntries(context, dockerfile))) pieces.push(piece);
    const lines = execFileSync("tar", ["-tvf", "-"], { input: Buffer.concat(pieces), encoding: "utf8" })
      .trim()
      .split("\n");
    return lines.map((line) => line.replace(/^(\S+)\s+\S+\s+\S+\s+\S+\s+\S+\s+/, "$1 ")).sort();
  }
});

describe("Dockerignore", () => {
  const cases: [string, string[], string[]][] = [
    ["*.log", ["a.log"], ["a.txt", "d/a.log"]],
    ["**/*.log", ["a.log", "d/e/a.log"], ["a.txt"]],
    ["node_modules", ["node_modules", "node_modules/x/y"], ["d/node_modules"]],
    ["/dist/", ["dist", "dist/a"], ["d/dist"]],
    ["*\n!keep\n!deep/keep", ["other", "deep/other"], ["keep", "deep/keep"]],
    ["a?c\n[x-z]1", ["abc", "y1"], ["ac", "w1"]],
    ["# comment\n\n  spaced  ", ["spaced"], ["# comment"]],
    ["docs/**", ["docs/a", "docs/a/b"], ["doc"]],
    ["!a\na", ["a"], ["b"]],
    ["./x/../y", ["y"], ["x"]],
    ["a.b+c", ["a.b+c"], ["aXb+c"]],
  ];
  for (const [patterns, ignored, kept] of cases) {
    it(`reads ${JSON.stringify(patterns)}`, () => {
      const ignore = new Dockerignore(patterns);
      assert.deepEqual(
        ignored.filter((path) => !ignore.ignores(path)),
        [],
      );
      assert.deepEqual(
        kept.filter((path) => ignore.ignores(path)),
        [],
      );
    });
  }
});

describe("names, logins and masks of the docker provider", () => {
  it("finds registry and repository in an image's name", () => {
    assert.deepEqual(
      [
        "127.0.0.1:5000/a/b:1",
        "localhost/x",
        "library/python",
        "python",
        "registry-1.docker.io/x/y",
        "ghcr.io/a@sha256:f",
      ].map(registryOfImage),
      ["127.0.0.1:5000", "localhost", "docker.io", "docker.io", "docker.io", "ghcr.io"],
    );
    assert.deepEqual(["127.0.0.1:5000/a/b:1", "127.0.0.1:5000/a", "a:1@sha256:f", "a"].map(repositoryOf), [
      "127.0.0.1:5000/a/b",
      "127.0.0.1:5000/a",
      "a",
      "a",
    ]);
  });

  it("reads logins from Docker's configuration file, and quotes nothing of a broken one", () => {
    const directory = mkdtempSync(join(tmpdir(), "berth-config-"));
    const environment = { DOCKER_CONFIG: directory };
    try {
      assert.deepEqual(configFileAuths(environment), []);
      const auth = Buffer.from("user:pass:word").toString("base64");
      writeFileSync(
        join(directory, "config.json"),
        JSON.stringify({ auths: { "https://r.test/v1/": { auth }, empty: {} } }),
      );
      assert.deepEqual(configFileAuths(environment), [
        { username: "user", password: "pass:word", serveraddress: "r.test" },
      ]);
      writeFileSync(join(directory, "config.json"), '{"auths": sesame');
      assert.throws(
        () => configFileAuths(environment),
        (error: Error) => /is not JSON/.test(error.message) && !error.message.includes("sesame"),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("masks arguments' values line by line, the longest first, and short ones never", () => {
    const mask = masker({ A: "secret", B: "secret-longer", C: "1", D: "first line\nsecond line" });
    assert.equal(mask("secret-longer secret 1 second line"), "[B] [A] 1 [D]");
  });

  it("reads names, errors and logs out of BuildKit's trace", () => {
    const bytes = (number: number, content: Buffer | string) => {
      const body = Buffer.from(content);
      return Buffer.concat([Buffer.from([number * 8 + 2, body.length]), body]);
    };
    const vertex = Buffer.concat([
      bytes(1, "sha256:x"),
      bytes(3, "[1/2] RUN x"),
      Buffer.from([32, 1]),
      bytes(7, "exit code: 5"),
    ]);
    const log = Buffer.concat([Buffer.from([24, 1]), bytes(4, "one\ntwo\n")]);
    const message = Buffer.concat([bytes(1, vertex), bytes(2, bytes(1, "exporting")), bytes(3, log)]);
    assert.deepEqual(traceLines(message.toString("base64")), [
      "[1/2] RUN x",
      "error: exit code: 5",
      "exporting",
      "one",
      "two",
    ]);
    assert.deepEqual(traceLines(""), []);
  });
});
