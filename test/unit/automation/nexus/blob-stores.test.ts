import assert from "node:assert/strict";
import { blobStoreSpace, spaceText } from "../../../../automation/nexus/blob-stores";
import { caller } from "../../../../components/nexus/object/object-provider";
import { type Reply, scriptedNexus } from "../../../support/nexus/scripted-nexus";

const STORES = [
  {
    name: "default",
    type: "File",
    blobCount: 3,
    totalSizeInBytes: 2_000_000,
    availableSpaceInBytes: 45_200_000_000,
    softQuota: null,
  },
  {
    name: "my docker",
    type: "File",
    blobCount: 900,
    totalSizeInBytes: 51_400_000_000,
    availableSpaceInBytes: 1,
    softQuota: { type: "spaceUsedQuota", limit: 50_000_000_000 },
  },
  {
    name: "s3",
    type: "S3",
    blobCount: 1,
    totalSizeInBytes: 5,
    availableSpaceInBytes: Number.MAX_SAFE_INTEGER,
    softQuota: { type: "spaceRemainingQuota", limit: 1_000_000 },
  },
];

const status = (isViolation: boolean, message: string): Reply => ({
  status: 200,
  body: { blobStoreName: "x", isViolation, message },
});

describe("how full a Nexus is", () => {
  async function asked(answers: Readonly<Record<string, Reply>>) {
    const nexus = await scriptedNexus(
      ({ path }) => answers[path.replace("/service/rest/v1/blobstores", "")] ?? { status: 404 },
    );
    try {
      const server = { url: nexus.url, username: "admin", password: "adminadmin" };
      return await blobStoreSpace(caller(server, 200));
    } finally {
      nexus.close();
    }
  }

  it("is each blob store's size, the room on its disk, and its quota with what Nexus says of it", async () => {
    const found = await asked({
      "": { status: 200, body: STORES },
      "/my%20docker/quota-status": status(true, "using 51.4 GB of 50 GB"),
      "/s3/quota-status": status(false, "fine"),
    });
    assert.deepEqual(found, [
      { name: "default", type: "File", blobs: 3, used: 2e6, free: 45.2e9 },
      {
        name: "my docker",
        type: "File",
        blobs: 900,
        used: 51.4e9,
        free: 1,
        quota: { kind: "used", limit: 50e9, exceeded: "using 51.4 GB of 50 GB" },
      },
      { name: "s3", type: "S3", blobs: 1, used: 5, quota: { kind: "free", limit: 1e6 } },
    ]);
    assert.deepEqual(spaceText(found).split("\n"), [
      "BLOB STORE  TYPE  BLOBS  USED     FREE     QUOTA",
      "default     File  3      2.0 MB   45.2 GB",
      "my docker   File  900    51.4 GB  0.0 kB   50.0 GB at most: EXCEEDED",
      "s3          S3    1      0.0 kB            1.0 MB free",
    ]);
  });

  it("is not known to who may not ask", async () => {
    await assert.rejects(asked({ "": { status: 403 } }), /blobstores.*403/);
  });
});
