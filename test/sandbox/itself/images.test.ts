import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { removeImages } from "../../../sandbox/docker/remove-images";
import * as images from "../../../sandbox/images/base-images";
import { debianRootfs } from "../../../sandbox/images/debian-rootfs";
import { type Recipe, recipes } from "../../../sandbox/images/recipes";
import { startUpstream } from "../../../sandbox/images/upstream";
import { cacheDir, defaultPlaces, type Places } from "../../../sandbox/lib/places";
import { needsDocker, ownPlaces, removeOwnPlaces } from "../../support/stack/own-sandbox";

const quiet = () => undefined;
const [python, caddy] = recipes as [Recipe, Recipe];

describe("base images made from Debian", function () {
  this.timeout(600_000);
  let places: Places;
  let docker: Docker;

  before(async function () {
    await needsDocker(this);
    places = await ownPlaces();
    docker = dockerAt(standardSocket);
    // The tarball of the running sandbox, where there is one: 30 s less.
    const rootfs = await debianRootfs(cacheDir(defaultPlaces), quiet);
    await startUpstream(places);
    await images.ensureDebianImage(docker, places, rootfs);
    await Promise.all(recipes.map((recipe) => images.buildBaseImage(docker, places, recipe, quiet)));
  });

  after(async () => {
    if (!places) return;
    await removeImages(docker, places);
    await removeOwnPlaces(places);
  });

  const nameOf = (recipe: Recipe) => `${places.imagePrefix}/${recipe.repository.split("/")[1]}:${recipe.tag}`;

  async function run(recipe: Recipe, Cmd: string[]): Promise<string> {
    const container = await docker.createContainer({
      Image: nameOf(recipe),
      Cmd,
      HostConfig: { NetworkMode: "none" },
      Labels: { own: places.imagePrefix },
    });
    try {
      const output = new PassThrough();
      let text = "";
      output.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      const stream = await container.attach({ stream: true, stdout: true, stderr: true });
      container.modem.demuxStream(stream, output, output);
      await container.start();
      const { StatusCode } = (await container.wait()) as { StatusCode: number };
      assert.equal(StatusCode, 0, text);
      return text;
    } finally {
      await container.remove({ force: true });
    }
  }

  it("have Python, pip and virtual environments under the official image's names", async () => {
    const script =
      "python -m venv /opt/app && /opt/app/bin/python -c 'import ssl, sqlite3, sys; print(sys.prefix)' && " +
      "for name in python python3 pip; do command -v $name; done && pip --version";
    const lines = (await run(python, ["sh", "-c", script])).trim().split("\n");
    assert.deepEqual(lines.slice(0, 4), [
      "/opt/app",
      "/usr/local/bin/python",
      "/usr/local/bin/python3",
      "/usr/local/bin/pip",
    ]);
    assert.match(lines[4] ?? "", /python 3\.11/);
  });

  it("let pip install into the system, as the official image does", async () => {
    await run(python, [
      "sh",
      "-c",
      "pip install --no-index --no-deps --dry-run /usr/share/python-wheels/pip*.whl",
    ]);
  });

  it("have a Caddy that takes a Caddyfile where the official image does", async () => {
    const script =
      "printf ':80\\nrespond hi\\n' > /etc/caddy/Caddyfile && caddy validate --config /etc/caddy/Caddyfile";
    assert.match(await run(caddy, ["sh", "-c", script]), /Valid configuration/);
    const { Config } = await docker.getImage(nameOf(caddy)).inspect();
    assert.deepEqual(Config.Cmd, [
      "caddy",
      "run",
      "--config",
      "/etc/caddy/Caddyfile",
      "--adapter",
      "caddyfile",
    ]);
    assert.ok(Config.Env?.includes("XDG_CONFIG_HOME=/config") && Config.Env.includes("XDG_DATA_HOME=/data"));
  });

  it("say that they are stand-ins, and carry nothing of the build", async () => {
    for (const recipe of recipes) {
      const { Config } = await docker.getImage(nameOf(recipe)).inspect();
      assert.equal(Config.Labels?.["berth.sandbox.stand-in"], recipe.description);
      assert.equal(
        Config.Labels?.["berth.sandbox"],
        "",
        "a container of it would be taken for the sandbox's own",
      );
      assert.doesNotMatch((Config.Env ?? []).join(" "), /APT_CONFIG|DEBIAN_FRONTEND|proxy/i);
      const left =
        "ls -A /run /tmp /var/lib/apt/lists /var/cache/apt | grep -v -x -E '/.*:|lock|mount|partial|archives|' || true";
      assert.equal((await run(recipe, ["sh", "-c", left])).trim(), "", recipe.repository);
    }
    const bundle = createHash("sha256")
      .update(readFileSync("/etc/ssl/certs/ca-certificates.crt"))
      .digest("hex");
    assert.doesNotMatch(
      await run(python, ["sha256sum", "/etc/ssl/certs/ca-certificates.crt"]),
      new RegExp(bundle),
    );
  });

  it("are served by the upstream registry, and pushed once", async () => {
    assert.equal(await images.isUpstream(places, python), false);
    const digest = await images.pushUpstream(docker, places, python, quiet);
    assert.equal(await images.isUpstream(places, python), true);
    const url = `http://127.0.0.1:${places.ports.upstream}/v2/library/python/manifests/3.11-slim`;
    const headers = { accept: "application/vnd.docker.distribution.manifest.v2+json" };
    const manifest = Buffer.from(await (await fetch(url, { headers })).arrayBuffer());
    assert.equal(`sha256:${createHash("sha256").update(manifest).digest("hex")}`, digest);
    const other = { ...python, script: "other" };
    assert.equal(await images.isUpstream(places, other), false);
    // Also where Docker's own image is pruned: the registry's is what builds get.
    assert.deepEqual(images.originOf(places, python), { standIn: python.description });
    assert.equal(images.originOf(places, other), undefined);
  });

  it("are made again only where their recipe changed", async () => {
    assert.equal(await images.isBuilt(docker, places, python), true);
    assert.equal(await images.isBuilt(docker, places, { ...python, script: "other" }), false);
  });

  it("whose script fails say so with its last lines, and leave no container", async () => {
    const broken = { ...python, tag: "broken", script: "echo about to fail\nfalse\n" };
    await assert.rejects(
      images.buildBaseImage(docker, places, broken, quiet),
      /python:broken failed:\nabout to fail/,
    );
    const left = await docker.listContainers({ all: true, filters: { name: ["berth-build-"] } });
    assert.deepEqual(
      left.filter((one) => one.Names[0]?.includes(places.imagePrefix)),
      [],
    );
  });
});
