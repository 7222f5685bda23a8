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

describe("a base image", () => {
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
