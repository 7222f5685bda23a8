import assert from "node:assert/strict";
import { BaseAvailable } from "../../../components/image/base-available";
import { scriptedDocker } from "../../support/docker/scripted-docker";
import { ScriptedRegistry } from "../../support/registry/scripted-registry";
import { serialisedProvider } from "../../support/serialised-provider";

/** Asks for `library/python:3.11` of a registry that has it or not, in front of a Nexus that logged that. */
async function ask(there: boolean, logs: string) {
  const registry = await new ScriptedRegistry().start();
  if (there) registry.addImage("library/python", ["layer"], { tag: "3.11" });
  const docker = await scriptedDocker({
    state: () => undefined,
    exec: () => ({ exitCode: 1, output: "" }),
    logs,
  });
  const image = `${registry.host}/library/python:3.11`;
  const account = { username: "base-reader", password: "s3cret" };
  const want = { image, tls: false, ...account, docker: docker.address, container: "c" };
  const provider = await serialisedProvider(() => new BaseAvailable("b", want));
  try {
    const { outs } = await provider.create(want);
    return { image: outs!["image"] === image, text: "" };
  } catch (error) {
    return { image: false, text: (error as Error).message.replaceAll(registry.host, "HOST") };
  } finally {
    docker.close();
    await registry.stop();
  }
}

/** Asks for a base of these kinds, for a build of that platform. */
async function askFor(platform: string, kinds: readonly string[]): Promise<string> {
  const registry = await new ScriptedRegistry().start();
  const child = registry.addImage("library/python", ["layer"]);
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifests = kinds.map((kind) => {
    const [os, architecture, variant] = kind.split("/");
    const type = "application/vnd.oci.image.manifest.v1+json";
    return {
      mediaType: type,
      digest: child,
      size: 1,
      platform: { os, architecture, ...(variant && { variant }) },
    };
  });
  if (kinds.length > 0)
    registry.addManifest("library/python", { schemaVersion: 2, mediaType, manifests }, "3.11");
  else registry.addImage("library/python", ["layer"], { tag: "3.11" });
  const image = `${registry.host}/library/python:3.11`;
  const want = { image, tls: false, username: "base-reader", password: "s3cret", container: "c", platform };
  const provider = await serialisedProvider(() => new BaseAvailable("b", want));
  try {
    await provider.create(want);
    return "fits";
  } catch (error) {
    return (error as Error).message.replaceAll(registry.host, "HOST");
  } finally {
    await registry.stop();
  }
}

describe("a base image", () => {
  it("is refused where it isn't for what is built for, with what it is for", async () => {
    assert.equal(
      await askFor("linux/arm64", ["linux/amd64", "linux/arm/v7", "unknown/unknown"]),
      "The base image HOST/library/python:3.11 is for linux/amd64, linux/arm/v7, and this build is for linux/arm64: take one that " +
        "is, or build for one of these (build.platform)",
    );
    assert.match(
      await askFor("linux/arm/v7", ["linux/arm/v6", "linux/amd64"]),
      /is for linux\/arm\/v6, linux\/amd64, and/,
    );
  });

  it("fits where it is for that, with or without a variant, and where it doesn't say what it is for", async () => {
    assert.equal(await askFor("linux/arm64", ["linux/amd64", "linux/arm64/v8"]), "fits");
    assert.equal(await askFor("linux/arm64", ["linux/arm64"]), "fits");
    assert.equal(await askFor("linux/arm", ["linux/arm/v7"]), "fits");
    assert.equal(await askFor("linux/arm64", []), "fits");
  });

  it("is there when Nexus has its manifest", async () => {
    assert.deepEqual(await ask(true, ""), { image: true, text: "" });
  });

  it("is told as out of pulls where the upstream answered 429, which Nexus calls unknown", async () => {
    const logs = [
      "other: remote answered 200 for manifest library/busybox:1",
      "hub: remote answered 429 for manifest library/python:3.11",
    ].join("\n");
    assert.equal(
      (await ask(false, logs)).text,
      "The base image HOST/library/python:3.11 is not to be had: the upstream registry answered 429, its limit of pulls is " +
        "used up. Log in there: set berth:nexus.repositories.hub.username and .password, or wait (Docker Hub counts by the hour).",
    );
  });

  it("is told with the last that Nexus's log says about it, or with what to look at", async () => {
    const refused = await ask(false, "hub: manifest library/python:3.11: connect ECONNREFUSED");
    assert.match(refused.text, /Nexus's log says: hub: manifest library\/python:3.11: connect ECONNREFUSED$/);
    const unknown = await ask(false, "Started");
    assert.match(
      unknown.text,
      /don't have it. Is its name spelt as there, with library\/ for Docker Hub's own\?$/,
    );
  });
});
