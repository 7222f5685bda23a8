import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { tarOf } from "../../../components/docker/tar";
import { describeVolume, volumeContent } from "../../../components/docker/volume-content";
import { VolumeGuard } from "../../../components/docker/volume-guard";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { serialisedProvider } from "../../support/serialised-provider";
import { needsDocker } from "../../support/stack/own-sandbox";
import { BASE, importBase, RUN, removeImages } from "../providers/harness";

const HOST = `unix://${standardSocket}`;

/** An image without even a shell. */
const NOTHING = `${RUN}-nothing:1`;

describe("a volume's guard, on a real Docker", function () {
  this.timeout(600_000);
  const made: string[] = [];
  const labels = { "berth.id": randomBytes(8).toString("hex") };
  let docker: Docker;

  before(async function () {
    await needsDocker(this);
    docker = dockerAt(standardSocket);
    await importBase();
    const [repo, tag] = NOTHING.split(":") as [string, string];
    const importing = await docker.importImage(Readable.from([await tarOf([])]), {
      repo,
      tag,
      changes: `LABEL run=${RUN}`,
    });
    for await (const _ of importing) {
      // Read to the end: the image is there then.
    }
  });
  after(async () => {
    for (const name of made) await docker.getVolume(name).remove({ force: true });
    if (docker) await removeImages();
  });

  /** A new volume, after a container has run that script in it. */
  async function volume(script: string): Promise<string> {
    const name = `berth-guarded-${randomBytes(4).toString("hex")}`;
    made.push(name);
    await docker.createVolume({ Name: name });
    const container = await docker.createContainer({
      Image: BASE,
      Cmd: ["/bin/sh", "-c", `cd /volume && ${script}`],
      HostConfig: { Binds: [`${name}:/volume`] },
    });
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    await container.remove();
    assert.equal(StatusCode, 0);
    return name;
  }
  const look = (name: string, image = BASE) => volumeContent({ docker: HOST, volume: name, image, labels });

  it("counts what is in it, in folders and under any name, and when it was last written", async () => {
    const name = await volume(
      "mkdir -p 'a b' && printf 12345 > 'a b/x\ny' && printf 1 > z && touch -d '2026-01-02 03:04:05' z 'a b/x\ny'",
    );
    const content = (await look(name))!;
    assert.deepEqual(content, { files: 2, bytes: 6, lastWritten: new Date("2026-01-02T03:04:05Z") });
    assert.match(describeVolume(content), /^0\.0 kB in 2 files, last written \d+ days ago$/);
  });

  it("finds nothing in an empty one, and no volume where there is none", async () => {
    assert.deepEqual(await look(await volume("mkdir empty")), { files: 0, bytes: 0 });
    assert.equal(await look("berth-no-such-volume"), undefined);
  });

  it("says so where it can't look, and leaves no container behind", async () => {
    const name = await volume("echo data > file");
    assert.match(
      (await look(name, "berth-no-such-image"))!.unknown!,
      /the image berth-no-such-image is not on/,
    );
    assert.match(
      (await look(name, NOTHING))!.unknown!,
      /it can't be counted with what is in .*"sh": executable file not found/,
    );
    const filters = { label: [`berth.id=${labels["berth.id"]}`] };
    assert.deepEqual(await docker.listContainers({ all: true, filters }), []);
  });

  it("refuses to let data go, also by a replacement, and lets an empty one go, or where it is allowed", async () => {
    const [full, empty] = [await volume("echo data > file"), await volume("true")];
    const args = (name: string, over: object = {}) => ({
      docker: HOST,
      volume: name,
      what: "app blog: volume data on main",
      setting: "berth:apps.blog.volumes.data: { path: /data, allowDataLoss: true }",
      allowDataLoss: false,
      image: BASE,
      labels,
      ...over,
    });
    const guard = await serialisedProvider(() => new VolumeGuard("guard", args(full)));
    const refused =
      /^Error: app blog: volume data on main \(0\.0 kB in 1 file, last written just now\) is not deleted\. /;
    await assert.rejects(async () => guard.delete("x", args(full)), refused);
    await assert.rejects(async () => guard.update("x", args(full), args(empty)), refused);
    await guard.delete("x", args(empty));
    await guard.delete("x", args(full, { allowDataLoss: true }));
    await guard.delete("x", args("berth-no-such-volume"));
    await guard.update("x", args(full), args(full, { allowDataLoss: true }));
  });
});
