import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Finding } from "../../../automation/doctor/finding";
import { defaultPlaces } from "../../../sandbox/lib/places";
import { pulumiBin, pulumiPlaces } from "../../../sandbox/pulumi/install/pulumi-places";
import { nodeImage } from "../../support/docker/node-image";
import { packBerth } from "../../support/package/team-project";
import { DebianRegistry } from "../../support/registry/debian-registry";
import { needsDocker } from "../../support/stack/own-sandbox";
import { docker, root, run } from "../../support/stack/sandbox";

/** Bases that can't be pulled here: Debian with this machine's Node, the sandbox's Pulumi CLI, this machine's docker. */
describe("the image that jobs run in", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "berth-ci-image-"));
  const checkout = join(folder, "checkout");
  const registry = new DebianRegistry();
  const bases: string[] = [];
  let version: string;
  let image: string;

  before(async function () {
    await needsDocker(this);
    await registry.start();
    const tarball = packBerth(folder);
    cpSync(join(root, ".ci"), join(checkout, ".ci"), { recursive: true });
    version = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")).version;
    mkdirSync(join(checkout, "release"));
    copyFileSync(tarball, join(checkout, "release", basename(tarball)));
    const stubs = ["npm", "git", "ssh"].map(
      (name) =>
        `RUN printf '#!/bin/sh\\necho ${name} 1.0\\n' >/usr/local/bin/${name} && chmod 755 /usr/local/bin/${name}`,
    );
    base("node", [`FROM ${nodeImage()}`, ...stubs]);
    base(
      "pulumi",
      ["FROM scratch", "COPY pulumi /pulumi/bin/pulumi"],
      join(pulumiBin(pulumiPlaces(defaultPlaces)), "pulumi"),
    );
    const client = execFileSync("which", ["docker"], { encoding: "utf8" }).trim();
    base("docker", ["FROM scratch", "COPY docker /usr/local/bin/docker"], client);
  });
  after(async () => {
    for (const name of [image, `${registry.host}/platform/berth/ci:${version}`, ...bases])
      if (name) execFileSync("docker", ["image", "rm", "--force", name], { stdio: "ignore" });
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param program of this machine that is in it */
  function base(name: string, lines: readonly string[], program?: string): void {
    const context = join(folder, name);
    mkdirSync(context);
    if (program !== undefined) {
      copyFileSync(realpathSync(program), join(context, name));
      chmodSync(join(context, name), 0o755);
    }
    writeFileSync(join(context, "Dockerfile"), `${lines.join("\n")}\n`);
    bases.push(`berth-ci-test/${name}:1`);
    docker(["build", "--quiet", "--tag", `berth-ci-test/${name}:1`, context]);
  }

  const build = (more: NodeJS.ProcessEnv = {}) => {
    const [BERTH_NODE_IMAGE, BERTH_PULUMI_IMAGE, BERTH_DOCKER_IMAGE] = bases;
    const job = {
      CI_REGISTRY: registry.host,
      CI_REGISTRY_IMAGE: `${registry.host}/platform/berth`,
      CI_REGISTRY_USER: "ci",
      CI_REGISTRY_PASSWORD: "password-of-the-job",
    };
    const images = {
      BERTH_NODE_IMAGE,
      BERTH_PULUMI_IMAGE,
      BERTH_DOCKER_IMAGE,
      DOCKER_CONFIG: join(folder, "login"),
    };
    return run([join(checkout, ".ci", "image")], { ...process.env, ...job, ...images, ...more }, checkout);
  };

  it("isn't built without a base, and says which it lacks", async () => {
    const { code, stderr } = await build({ BERTH_PULUMI_IMAGE: "" });
    assert.equal(code, 1);
    assert.match(stderr, /BERTH_PULUMI_IMAGE: is to be the image that has the Pulumi CLI in \/pulumi\/bin/);
  });

  it("is built, pushed, and named by its digest", async () => {
    const { code, stdout, stderr } = await build();
    assert.equal(code, 0, stdout + stderr);
    const [, named] =
      /^BERTH_CI_IMAGE=(\S+)$/m.exec(readFileSync(join(checkout, "release", "image.env"), "utf8")) ?? [];
    assert.match(named ?? "", new RegExp(`^${registry.host}/platform/berth/ci@sha256:[0-9a-f]{64}$`));
    image = named!;
    assert.ok(!(stdout + stderr).includes("password-of-the-job"));
  });

  it("holds what a job needs, as doctor sees it from inside", () => {
    assert.deepEqual(docker(["run", "--rm", image, "berth", "--version"]), [version]);
    const { findings }: { findings: Finding[] } = JSON.parse(
      docker(["run", "--rm", image, "sh", "-c", "berth doctor --json || true"]).join("\n"),
    );
    for (const what of ["Node", "git", "Pulumi CLI"])
      assert.equal(findings.find((one) => one.what === what)?.state, "ok", JSON.stringify(findings));
  });
});
