import assert from "node:assert/strict";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { ownerOf } from "../../../components/deploy/image-user";
import { tarOf } from "../../../components/docker/tar";

/** A container of an image with these files in /etc. */
function container(files: Readonly<Record<string, string>>): Docker.Container {
  const getArchive = async ({ path }: { path: string }) => {
    const name = path.replace("/etc/", "");
    if (files[name] === undefined) throw Object.assign(new Error("no such file"), { statusCode: 404 });
    return Readable.from([await tarOf([{ name, mode: 0o644, content: files[name] }])]);
  };
  return { getArchive } as unknown as Docker.Container;
}

const debian = container({
  passwd: "root:x:0:0:root:/root:/bin/sh\nsite:x:10001:10002::/:/bin/false\n",
  group: "root:x:0:\nweb:x:33:\n",
});
const scratch = container({});

describe("whom an image runs as", () => {
  const cases: [string, Docker.Container, { uid: number; gid: number }][] = [
    ["", debian, { uid: 0, gid: 0 }],
    ["", scratch, { uid: 0, gid: 0 }],
    ["site", debian, { uid: 10001, gid: 10002 }],
    ["10001", debian, { uid: 10001, gid: 10002 }],
    ["site:web", debian, { uid: 10001, gid: 33 }],
    ["site:7", debian, { uid: 10001, gid: 7 }],
    ["65532", scratch, { uid: 65532, gid: 0 }],
    ["65532:65532", scratch, { uid: 65532, gid: 65532 }],
  ];
  for (const [user, image, owner] of cases) {
    it(`"${user}" in ${image === debian ? "an image with names" : "one without"} is ${owner.uid}:${owner.gid}`, async () => {
      assert.deepEqual(await ownerOf(image, user), owner);
    });
  }

  it("says which name the image doesn't know", async () => {
    await assert.rejects(
      ownerOf(scratch, "site"),
      /its \/etc\/passwd has no user site: set the app's `user`/,
    );
    await assert.rejects(ownerOf(debian, "site:crew"), /its \/etc\/group has no group crew/);
  });
});
