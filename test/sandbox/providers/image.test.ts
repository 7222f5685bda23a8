import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Props, Provider } from "../../../sandbox/pulumi/src/providers/provider";
import { CONTAINER, IMAGE, NO_CHANGES, REMOTE_IMAGE, registryWithLogin, run, useDocker } from "./fixture";
import { BASE, docker, type Registry, RUN, startRegistry } from "./harness";

const PASSWORD = "s3cret/with+odd=characters";

describe("docker's Image and RemoteImage on a real Docker", function () {
  this.timeout(600_000);
  const resource = useDocker();

  let registry: Registry;
  let logins: Provider;
  let context: string;

  before(async function () {
    ({ registry, logins } = await registryWithLogin(this, PASSWORD));
  });

  after(() => registry?.stop());

  beforeEach(() => {
    context = mkdtempSync(join(tmpdir(), `${RUN}-context-`));
  });

  afterEach(() => rmSync(context, { recursive: true }));

  const login = () => ({ server: registry.address, username: "user", password: PASSWORD });

  function write(files: { [path: string]: string }): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(context, path, ".."), { recursive: true });
      writeFileSync(join(context, path), content);
    }
  }

  it("builds, pushes, pulls and runs an image by its digest", async () => {
    write({
      Dockerfile:
        'ARG BASE\nFROM $BASE\nARG SECRET\nRUN --mount=type=cache,target=/c echo $SECRET > /s && ls\nCOPY . /app/\nCMD ["sleep","1000"]\n',
      ".dockerignore": "*.log\n!keep.log\nDockerfile\n",
      "a.log": "",
      "keep.log": "kept",
      [`deep/${"long-".repeat(30)}name.txt`]: "deep",
    });
    const name = `${registry.address}/${RUN}/app:1`;
    const image = resource(IMAGE, "app");
    const inputs: Props = {
      imageName: name,
      build: { context, args: { BASE, SECRET: "sesame-open" } },
      registry: login(),
    };
    const outputs = await image.create(inputs);
    assert.match(
      String(outputs["repoDigest"]),
      new RegExp(`^${registry.address}/${RUN}/app@sha256:[0-9a-f]{64}$`),
    );
    assert.equal(image.state!.id, name);
    assert.deepEqual(
      [outputs["baseImageName"], outputs["dockerfile"], outputs["registryServer"], outputs["platform"]],
      [name, "Dockerfile", registry.address, "linux/amd64"],
    );
    assert.deepEqual(image.state!.secretOutputs, ["__inputs"]);
    assert.ok(image.logged.length > 5);
    assert.ok(
      !image.logged.join("\n").includes(PASSWORD) && !image.logged.join("\n").includes("sesame-open"),
    );
    await docker.getImage(name).remove({ force: true });

    const pulled = resource(REMOTE_IMAGE, "pulled", logins);
    const digest = String(outputs["repoDigest"]);
    const found = await pulled.create({ name: digest });
    assert.equal(pulled.state!.id, String(found["imageId"]) + digest);
    assert.equal(found["repoDigest"], digest);
    const container = resource(CONTAINER, "app");
    await container.create({ image: digest });
    assert.equal(await run(container, ["cat", "/s"]), "sesame-open\n");
    const sent = (await run(container, ["ls", "-1", "/app"])).trim().split("\n");
    assert.deepEqual([sent.includes("a.log"), sent.includes("keep.log")], [false, true]);
    assert.equal(await run(container, ["sh", "-c", "cat /app/deep/*"]), "deep");
    await container.delete();
    await pulled.delete();
    assert.equal(await pulled.read(), undefined);
  });

  it("fetches a public base image for a build, and passes hosts and network on", async () => {
    const open = await startRegistry();
    const base = `${open.address}/${RUN}/base:1`;
    const name = `${RUN}-fetched`;
    try {
      write({ Dockerfile: `FROM ${BASE}\n` });
      await resource(IMAGE, "base").create({ imageName: base, build: { context } });
      await docker.getImage(base).remove({ force: true });
      write({ Dockerfile: `FROM ${base}\nRUN cat /etc/hosts > /h; ls /sys/class/net > /n\n` });
      const build = { context, addHosts: ["one.test:192.0.2.1", "two.test:192.0.2.2"], network: "none" };
      await resource(IMAGE, "fetched").create({ imageName: name, skipPush: true, build });
      const container = resource(CONTAINER, "fetched");
      await container.create({ image: name, command: ["sleep", "1000"] });
      assert.match(await run(container, ["cat", "/h"]), /192.0.2.1\s+one.test[\s\S]*192.0.2.2\s+two.test/);
      assert.equal(await run(container, ["cat", "/n"]), "lo\n");
      await container.delete();
    } finally {
      await docker.getImage(name).remove({ force: true });
      await open.stop();
    }
  });

  it("rebuilds for a changed file or argument and not for new credentials", async () => {
    write({ Dockerfile: `FROM ${BASE}\nARG V\nRUN echo $V > /v\n` });
    const image = resource(IMAGE, "again");
    const inputs = (v: string, password: string): Props => ({
      imageName: `${registry.address}/${RUN}/again:1`,
      build: { context, args: { V: v } },
      registry: { ...login(), password },
    });
    const first = await image.create(inputs("1", PASSWORD));
    assert.deepEqual(await image.diff(inputs("1", "rotated")), {
      ...NO_CHANGES,
      deleteBeforeReplace: false,
    });
    assert.deepEqual((await image.diff(inputs("2", PASSWORD))).detailed, { build: "update" });
    write({ "new.txt": "x" });
    assert.deepEqual((await image.diff(inputs("1", PASSWORD))).detailed, { build: "update" });
    const second = await image.update(inputs("2", PASSWORD));
    assert.notEqual(second["repoDigest"], first["repoDigest"]);
    await docker.getImage(`${registry.address}/${RUN}/again:1`).remove({ force: true });
  });

  for (const builderVersion of ["BuilderBuildKit", "BuilderV1"]) {
    it(`quotes the failing step's last lines, without arguments' values (${builderVersion})`, async () => {
      write({ Dockerfile: `FROM ${BASE}\nARG TOKEN\nRUN echo because of $TOKEN; exit 5\n` });
      const image = resource(IMAGE, "fails");
      const failed = image.create({
        imageName: `${RUN}-fails`,
        skipPush: true,
        build: { context, builderVersion, args: { TOKEN: "very-secret-token" } },
      });
      const error = (await failed.then(
        () => undefined,
        (thrown) => thrown,
      )) as Error;
      assert.match(error.message, /^Unable to build image .*-fails: /);
      assert.match(error.message, /code: 5/);
      assert.match(error.message, /because of \[TOKEN\]/);
      assert.ok(!error.message.includes("very-secret-token"));
      image.state = undefined;
    });
  }

  it("builds one target with a Dockerfile from outside the context, without pushing", async () => {
    write({
      "in/file": "x",
      "Other.dockerfile": `FROM ${BASE} AS one\nCOPY file /one\nFROM one AS two\nRUN exit 1\n`,
    });
    const image = resource(IMAGE, "local");
    const outputs = await image.create({
      imageName: `${RUN}-local`,
      skipPush: true,
      build: {
        context: join(context, "in"),
        dockerfile: join(context, "Other.dockerfile"),
        target: "one",
        builderVersion: "BuilderV1",
      },
    });
    assert.equal(outputs["repoDigest"], (await docker.getImage(`${RUN}-local`).inspect()).Id);
    assert.equal(outputs["dockerfile"], "../Other.dockerfile");
    await docker.getImage(`${RUN}-local`).remove();
  });

  it("says who was refused when a push or a pull is not allowed", async () => {
    write({ Dockerfile: `FROM ${BASE}\n` });
    const name = `${registry.address}/${RUN}/denied:1`;
    const image = resource(IMAGE, "denied");
    const pushed = image.create({
      imageName: name,
      build: { context },
      registry: { ...login(), password: "wrong-password" },
    });
    const error = (await pushed.then(
      () => undefined,
      (thrown) => thrown,
    )) as Error;
    assert.match(error.message, /^Unable to push image .*pushed as user/s);
    assert.ok(!error.message.includes("wrong-password"));
    await docker.getImage(name).remove({ force: true });
    const anonymous = resource(REMOTE_IMAGE, "denied");
    await assert.rejects(anonymous.create({ name }), /Unable to pull image .*no basic auth credentials/);
  });

  it("builds on a private base image that a RemoteImage pulled, named by digest", async () => {
    write({ Dockerfile: `FROM ${BASE}\n` });
    const name = `${registry.address}/${RUN}/pinned:1`;
    const { repoDigest } = await resource(IMAGE, "pinned").create({
      imageName: name,
      build: { context },
      registry: login(),
    });
    await docker.getImage(name).remove({ force: true });
    const pulled = await resource(REMOTE_IMAGE, "pinned", logins).create({ name, keepLocally: true });
    assert.equal(pulled["repoDigest"], repoDigest);
    write({ Dockerfile: "ARG BASE\nFROM $BASE\nRUN echo built > /b\n" });
    const build: Props = { context, args: { BASE: pulled["repoDigest"]! }, platform: "linux/amd64" };
    const outputs = await resource(IMAGE, "onpinned").create({
      imageName: `${RUN}-onpinned`,
      skipPush: true,
      build,
    });
    assert.match(String(outputs["repoDigest"]), /^sha256:/);
  });

  it("uses the logins of Docker's configuration file for a classic build's base and for a push", async () => {
    write({ Dockerfile: `FROM ${BASE}\n` });
    const base = `${registry.address}/${RUN}/private:1`;
    await resource(IMAGE, "private").create({ imageName: base, build: { context }, registry: login() });
    await docker.getImage(base).remove({ force: true });
    const auth = Buffer.from(`user:${PASSWORD}`).toString("base64");
    write({
      Dockerfile: `FROM ${base}\nRUN echo built > /b\n`,
      "config/config.json": JSON.stringify({ auths: { [registry.address]: { auth } } }),
    });
    const before = process.env["DOCKER_CONFIG"];
    process.env["DOCKER_CONFIG"] = join(context, "config");
    try {
      const kit = resource(IMAGE, "kit").create({
        imageName: `${RUN}-kit`,
        skipPush: true,
        build: { context },
      });
      await assert.rejects(kit, /pull the base image first, with a RemoteImage/);
      const outputs = await resource(IMAGE, "child").create({
        imageName: `${registry.address}/${RUN}/child:1`,
        build: { context, builderVersion: "BuilderV1" },
      });
      assert.match(String(outputs["repoDigest"]), /child@sha256:/);
    } finally {
      if (before === undefined) delete process.env["DOCKER_CONFIG"];
      else process.env["DOCKER_CONFIG"] = before;
    }
  });

  it("ends a build when the run is interrupted", async () => {
    write({ Dockerfile: `FROM ${BASE}\nRUN sleep 1500\n` });
    const image = resource(IMAGE, "interrupted");
    setTimeout(() => image.abort.abort(), 1500);
    const building = image.create({ imageName: `${RUN}-interrupted`, skipPush: true, build: { context } });
    await assert.rejects(building, /Unable to build image .*-interrupted: /);
  });

  it("names what it can't send to a build", async () => {
    write({ Dockerfile: `FROM ${BASE}\n` });
    execFileSync("mkfifo", [join(context, "pipe")]);
    const building = resource(IMAGE, "pipe").create({
      imageName: `${RUN}-p`,
      skipPush: true,
      build: { context },
    });
    await assert.rejects(
      building,
      /Unable to build image .*: .*\/pipe is neither file, directory nor symbolic link/,
    );
  });

  it("keeps an image that is to be kept, and one that a container uses is not removed", async () => {
    const kept = resource(REMOTE_IMAGE, "kept");
    const outputs = await kept.create({ name: BASE, keepLocally: true });
    assert.equal(outputs["repoDigest"], "");
    assert.equal((await kept.diff({ name: BASE, keepLocally: true })).changes, false);
    assert.deepEqual((await kept.diff({ name: BASE })).detailed, { keepLocally: "delete" });
    await kept.delete();
    await docker.getImage(BASE).inspect();
    await resource(CONTAINER, "user").create({ image: BASE, command: ["sleep", "1000"] });
    const used = resource(REMOTE_IMAGE, "used");
    await used.create({ name: BASE });
    await assert.rejects(used.delete(), /Unable to remove Docker image .*conflict/s);
    used.state = undefined;
  });
});
