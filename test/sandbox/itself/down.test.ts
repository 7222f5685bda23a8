import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { down } from "../../../sandbox/down";
import { startUpstream } from "../../../sandbox/images/upstream";
import { stateDir } from "../../../sandbox/lib/places";
import { Steps } from "../../../sandbox/lib/steps";
import { needsDocker, ownPlaces, removeOwnPlaces } from "../../support/stack/own-sandbox";
import { BASE, importBase, removeImages } from "../providers/harness";

describe("down", () => {
  before(function () {
    return needsDocker(this);
  });

  it("removes what is the sandbox's, and leaves the machine's own Docker and its bridge alone", async () => {
    const places = await ownPlaces();
    const docker = dockerAt(standardSocket);
    const [identity, another] = [randomBytes(8).toString("hex"), randomBytes(8).toString("hex")];
    const labels = { "berth.project": places.imagePrefix, "berth.stack": "dev" };
    const bridge = () => execFileSync("ip", ["-brief", "address", "show", "docker0"], { encoding: "utf8" });
    const before = bridge();
    try {
      await startUpstream(places);
      const own = `${places.imagePrefix}-own`;
      await docker.createVolume({ Name: own, Labels: { ...labels, "berth.id": identity } });
      const other = `${places.imagePrefix}-other`;
      await docker.createVolume({ Name: other, Labels: { ...labels, "berth.id": another } });
      const stacks = join(stateDir(places), ".pulumi/stacks", places.imagePrefix);
      mkdirSync(stacks, { recursive: true });
      const type = "pulumi-nodejs:dynamic/stack:Identity";
      const latest = { resources: [{ urn: `urn:pulumi:dev::berth::${type}::identity`, type, id: identity }] };
      writeFileSync(join(stacks, "dev.json"), JSON.stringify({ checkpoint: { latest } }));
      const lines: string[] = [];
      await down(places, new Steps((line) => lines.push(line)), { purge: false });
      assert.ok(lines.includes(`  removed volume ${own}`), lines.join("\n"));
      assert.ok(lines.includes("  stopped upstream"));
      await assert.rejects(docker.getVolume(own).inspect(), { statusCode: 404 });
      assert.equal((await docker.getVolume(other).inspect()).Name, other);
      assert.deepEqual(readdirSync(places.home), ["cache"], "which has the registry of base images, too");
      assert.ok(!existsSync(places.run));
      assert.equal(bridge(), before);
      await docker.ping();
    } finally {
      for (const name of [`${places.imagePrefix}-own`, `${places.imagePrefix}-other`]) {
        await docker
          .getVolume(name)
          .remove()
          .catch(() => undefined);
      }
      await removeOwnPlaces(places);
    }
  });

  it("removes what a killed build of its images left, but no container of the same image with a purpose", async () => {
    const places = await ownPlaces();
    const docker = dockerAt(standardSocket);
    await importBase();
    const { Id } = await docker.getImage(BASE).inspect();
    await docker.getImage(BASE).tag({ repo: `${places.imagePrefix}/base`, tag: "1" });
    // The last name of an image that a container uses cannot go.
    await docker.getImage(BASE).remove({ noprune: true });
    const Cmd = ["/bin/sh", "-c", "true"];
    const left = await docker.createContainer({ Image: Id, Cmd });
    const kept = await docker.createContainer({ Image: `${places.imagePrefix}/base:1`, Cmd });
    try {
      const lines: string[] = [];
      await down(places, new Steps((line) => lines.push(line)), { purge: true });
      await assert.rejects(left.inspect(), { statusCode: 404 });
      assert.equal((await kept.inspect()).State.Status, "created");
      assert.match(lines.join("\n"), /left image .*base:1: a container that is not the sandbox's uses it/);
    } finally {
      await kept.remove();
      await removeImages();
      await removeOwnPlaces(places);
    }
  });

  it("of nothing is no error", async () => {
    const places = await ownPlaces();
    await down(places, new Steps(() => undefined), { purge: true });
    await removeOwnPlaces(places);
  });
});
