import assert from "node:assert/strict";
import { buildPlatforms } from "../../../components/image/build-platform";
import { appSchema } from "../../../components/settings/app-settings";
import { scriptedDocker } from "../../support/docker/scripted-docker";

type Stub = Awaited<ReturnType<typeof scriptedDocker>>;

describe("the platform of a build", () => {
  const hosts: Record<string, Stub> = {};
  const asked: string[] = [];
  before(async () => {
    for (const Arch of ["amd64", "arm64", "arm"])
      hosts[Arch] = await scriptedDocker({
        state: () => undefined,
        exec: () => ({ exitCode: 1, output: "" }),
        version: { Os: "linux", Arch },
        seen: () => asked.push(Arch),
      });
  });
  after(() => {
    for (const host of Object.values(hosts)) host.close();
  });
  beforeEach(() => {
    asked.length = 0;
  });

  const servers = () => [
    ...Object.entries(hosts).map(([name, { address }]) => ({ name, docker: address })),
    { name: "silent", docker: "unix:///nowhere.sock" },
  ];
  const app = (name: string, on: string[], build: object | null = {}) => ({
    ...appSchema.parse({ port: 1, publish: 1, servers: on, ...(build && { build }) }),
    name,
  });
  const platforms = (apps: ReturnType<typeof app>[], before = {}) => buildPlatforms(apps, servers(), before);

  it("is what the servers are", async () => {
    const found = await platforms([app("blog", ["arm64"]), app("shop", ["amd64", "silent"])]);
    assert.deepEqual(found, { blog: "linux/arm64", shop: "linux/amd64" });
  });

  it("is what it was built for before where no server can be asked, and the usual one at first", async () => {
    const before = { blog: { platform: "linux/arm64" }, shop: {} };
    const found = await platforms([app("blog", ["silent"]), app("shop", ["silent"])], before);
    assert.deepEqual(found, { blog: "linux/arm64", shop: "linux/amd64" });
  });

  it("is what the settings say, with a variant that Docker doesn't tell, also for clusters that can't be asked", async () => {
    const found = await platforms([
      app("blog", ["arm"], { platform: "linux/arm/v7" }),
      app("shop", [], { platform: "linux/arm64" }),
    ]);
    assert.deepEqual(found, { blog: "linux/arm/v7", shop: "linux/arm64" });
  });

  it("is refused where settings and servers, or servers among each other, don't agree, all at once", async () => {
    await assert.rejects(
      platforms([
        app("blog", ["silent", "amd64"], { platform: "linux/arm64" }),
        app("shop", ["arm64", "amd64"]),
      ]),
      {
        message:
          "berth:apps.blog.build.platform: linux/arm64, and amd64 is linux/amd64, which does not run it: take it out, then the " +
          "image is built for what the servers are\n" +
          "berth:apps.shop.servers: arm64 is linux/arm64 and amd64 is linux/amd64, and one image is built for both: make two " +
          "apps of it, one for each kind of server",
      },
    );
  });

  it("is asked of nobody where nothing is built", async () => {
    const pinned = { ...app("blog", ["arm64"]), release: { tag: "1", digest: `sha256:${"1".repeat(64)}` } };
    assert.deepEqual(await platforms([pinned, app("shop", ["amd64"], null)]), {});
    assert.deepEqual(asked, []);
  });

  it("is for the servers of all apps that run the image", async () => {
    const twin = { ...app("worker", ["arm64"], null), imageOf: "blog" };
    assert.deepEqual(await platforms([app("blog", []), twin]), { blog: "linux/arm64" });
    await assert.rejects(
      platforms([app("blog", ["amd64"]), twin]),
      /berth:apps\.blog\.servers: amd64 is linux\/amd64 and arm64 is linux\/arm64, and one image is built for both/,
    );
    const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
    const pinned = await platforms([app("blog", ["amd64"]), { ...twin, release }]);
    assert.deepEqual(pinned, { blog: "linux/amd64" });
  });
});
