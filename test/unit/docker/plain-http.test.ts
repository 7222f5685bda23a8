import assert from "node:assert/strict";
import { PlainHttp } from "../../../components/docker/plain-http";
import { scriptedDocker } from "../../support/docker/scripted-docker";
import { serialisedProvider } from "../../support/serialised-provider";

const never = { state: () => undefined, exec: () => ({ exitCode: 1, output: "" }) };

/** Docker's own entries, beside what its daemon.json has. */
const docker = (registries: Record<string, { Secure: boolean }> = {}, ranges: string[] = []) => ({
  RegistryConfig: {
    InsecureRegistryCIDRs: ["127.0.0.0/8", "::1/128", ...ranges],
    IndexConfigs: { "docker.io": { Name: "docker.io", Secure: true }, ...registries },
  },
});

/** What the preview says, the Docker's address as DOCKER. */
async function said(info: object, registries: string[], elsewhere?: string): Promise<string[]> {
  const daemon = await scriptedDocker({ ...never, info });
  const provider = await serialisedProvider(() => new PlainHttp("p", { docker: "x", registries }));
  const { failures = [] } = await provider.check({}, { docker: elsewhere ?? daemon.address, registries });
  daemon.close();
  return failures.map(({ reason }) => reason.replaceAll(daemon.address, "DOCKER"));
}

describe("a Nexus in plain http, for a Docker host that pulls from it", () => {
  it("is told at preview where that Docker would not pull, with both ways out", async () => {
    assert.deepEqual(await said(docker(), ["nexus.invalid:8082", "nexus.invalid:8083"]), [
      "Docker at DOCKER would not pull from nexus.invalid:8082 and nexus.invalid:8083 in plain http. " +
        "Either put https in front of Nexus (berth:nexus.tls), or let that Docker do it: " +
        'add "nexus.invalid:8082", "nexus.invalid:8083" to "insecure-registries" in its /etc/docker/daemon.json ' +
        "and run `systemctl reload docker` there.",
    ]);
  });

  it("is fine where the registry is on the daemon's list, by its name and port", async () => {
    const listed = docker({ "nexus.invalid:8082": { Secure: false } });
    assert.deepEqual(await said(listed, ["nexus.invalid:8082"]), []);
    const [refusal = ""] = await said(listed, ["nexus.invalid:8082", "nexus.invalid:8083"]);
    assert.match(refusal, /^Docker at DOCKER would not pull from nexus\.invalid:8083 in plain http\./);
    assert.equal(
      (await said(docker({ "10.0.0.5:8082": { Secure: true } }, ["10.0.0.0/8"]), ["10.0.0.5:8082"])).length,
      1,
    );
  });

  it("is fine where an address of its name is in a range of the list", async () => {
    assert.deepEqual(await said(docker({}, ["10.0.0.0/8"]), ["10.1.2.3:8082"]), []);
    assert.equal((await said(docker({}, ["10.0.0.0/8"]), ["192.168.0.1:8082"])).length, 1);
    assert.deepEqual(await said(docker(), ["localhost:8082", "[::1]:8083"]), []);
    assert.deepEqual(await said(docker({}, ["fd00::/8"]), ["[fd00::1]:8082"]), []);
  });

  it("is not judged where that Docker can't be asked, as in a merge request's preview", async () => {
    assert.deepEqual(await said(docker(), ["nexus.invalid:8082"], "unix:///nowhere.sock"), []);
    assert.deepEqual(await said(docker(), ["nexus.invalid:8082"], "tcp://127.0.0.1:1"), []);
  });

  it("is looked at again with every preview, and is no change in itself", async () => {
    const daemon = await scriptedDocker({ ...never, info: docker() });
    const provider = await serialisedProvider(() => new PlainHttp("p", { docker: "x", registries: [] }));
    const wish = { docker: daemon.address, registries: ["nexus.invalid:8082"] };
    const { outs } = await provider.create(wish);
    const { failures } = await provider.check(outs, wish);
    daemon.close();
    assert.equal(failures!.length, 1);
    assert.equal((await provider.diff("x", outs, wish)).changes, false);
  });
});
