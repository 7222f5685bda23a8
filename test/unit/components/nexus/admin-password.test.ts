import assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { AdminPassword } from "../../../../components/nexus/admin-password";
import { type DockerScript, scriptedDocker } from "../../../support/scripted-docker";
import { type Call, type Reply, scriptedNexus } from "../../../support/scripted-nexus";
import { serialisedProvider } from "../../../support/serialised-provider";

/** A Nexus whose admin has that password, in a container that holds (or not) the file with the first one. */
async function nexusWith(password: string, file: string | undefined, over: Partial<DockerScript> = {}) {
  let current = password;
  const answer = ({ path, method, authorization, body }: Call): Reply => {
    if (path.endsWith("/status/writable")) return { status: 200 };
    if (authorization !== `Basic ${Buffer.from(`admin:${current}`).toString("base64")}`)
      return { status: 401 };
    if (method === "PUT") current = String(body);
    return { status: method === "PUT" ? 204 : 200, body: method === "PUT" ? undefined : [] };
  };
  const nexus = await scriptedNexus(answer);
  const docker = await scriptedDocker({
    state: () => ({ Running: true }),
    exec: () => (file ? { exitCode: 0, output: `${file}\n` } : { exitCode: 1, output: "No such file" }),
    ...over,
  });
  const args = { url: "x", password: "x", docker: "x", container: "x", readyTimeout: 1 };
  const make = () => new AdminPassword("a", args);
  const provider = (await serialisedProvider(make)) as Required<dynamic.ResourceProvider>;
  const want = {
    url: nexus.url,
    password: "wanted",
    docker: docker.address,
    container: "c1",
    readyTimeout: 2,
  };
  const close = () => {
    nexus.close();
    docker.close();
  };
  return { provider, want, close, password: () => current, calls: nexus.calls };
}

describe("the admin password, as serialised", () => {
  it("takes the place of the one that Nexus wrote at its first start", async () => {
    const nexus = await nexusWith("first", "first");
    await nexus.provider.create(nexus.want);
    nexus.close();
    assert.equal(nexus.password(), "wanted");
  });

  it("is left alone where it is right already, as after a killed run", async () => {
    const nexus = await nexusWith("wanted", undefined);
    await nexus.provider.create(nexus.want);
    nexus.close();
    assert.ok(nexus.calls.every(({ method }) => method === "GET"));
  });

  it("is rotated with the one before", async () => {
    const nexus = await nexusWith("old", undefined);
    await nexus.provider.update("admin", { ...nexus.want, password: "old" }, nexus.want);
    nexus.close();
    assert.equal(nexus.password(), "wanted");
  });

  it("explains what to do where nothing logs in, and shows none of the passwords", async () => {
    const nexus = await nexusWith("by-hand", "first");
    await assert.rejects(nexus.provider.create(nexus.want), (error: Error) => {
      assert.match(
        error.message,
        /takes neither the stack's admin password nor the one in \/nexus-data\/admin.password/,
      );
      assert.ok(!/by-hand|first\b.*first|wanted/.test(error.message));
      return true;
    });
    nexus.close();
  });

  it("is found to be changed by hand on refresh, and that is a change", async () => {
    const nexus = await nexusWith("by-hand", undefined);
    const state = { ...nexus.want, accepted: true };
    const { props } = await nexus.provider.read("admin", state);
    nexus.close();
    assert.equal(props!["accepted"], false);
    assert.equal((await nexus.provider.diff("admin", props!, state)).changes, true);
    assert.equal((await nexus.provider.diff("admin", state, state)).changes, false);
  });

  it("gives up with the log where the container stopped or the time is over", async () => {
    const stopped = { state: () => ({ Running: false, ExitCode: 137 }), logs: "java.lang.OutOfMemoryError" };
    const first = await nexusWith("x", undefined, stopped);
    const nowhere = { ...first.want, url: "http://127.0.0.1:65534" };
    await assert.rejects(
      first.provider.create(nowhere),
      /container c1 stopped with exit code 137.*OutOfMemoryError/s,
    );
    first.close();
    const second = await nexusWith("x", undefined, { logs: "Starting" });
    const late = { ...second.want, url: "http://127.0.0.1:65534", readyTimeout: 0.3 };
    await assert.rejects(
      second.provider.create(late),
      /not ready after 0.3 s .*ECONNREFUSED.*berth:nexus.readyTimeout.*Starting/s,
    );
    second.close();
  });
});
