import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentNeed, requireAgent } from "../../../components/image/ssh-agent";
import { appSchema } from "../../../components/settings/app-settings";
import { setMocks } from "../../support/stack/mocked-pulumi";

const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
const app = (name: string, more: object = {}) => ({
  ...appSchema.parse({ build: { context: name, ssh: true }, ...more }),
  name,
});
const byBerth: AgentNeed = { hasStandIn: true, before: {}, tagOf: (folder) => `commit of ${folder}` };

describe("the ssh agent of a build", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-agent-"));
  const socket = join(folder, "agent");
  const server = createServer();

  before(() => new Promise<void>((resolve) => server.listen(socket, resolve)));
  beforeEach(() => running("an update"));

  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const running = (what: "an update" | "a preview") =>
    setMocks(
      { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
      "berth",
      "test",
      what === "a preview",
    );

  it("is missed before anything is built, for all apps at once, with the next step", () => {
    assert.throws(() => requireAgent([app("blog"), app("shop")], byBerth, ""), {
      message:
        "blog, shop: the build uses the ssh agent of who runs Berth (build.ssh), and there is none here (SSH_AUTH_SOCK is not set). " +
        "Nothing was built. Next: eval $(ssh-agent) && ssh-add; in a GitLab job, with the key in a variable BUILD_SSH_KEY of the type " +
        'File, before the other commands: eval $(ssh-agent) && chmod 600 "$BUILD_SSH_KEY" && ssh-add "$BUILD_SSH_KEY".',
    });
    const gone = join(folder, "gone");
    for (const path of [gone, folder])
      assert.throws(
        () => requireAgent([app("blog")], byBerth, path),
        new RegExp(`none here any more \\(SSH_AUTH_SOCK names ${path}, which is no socket\\)`),
      );
    requireAgent([app("blog")], byBerth, socket);
  });

  it("is not missed by what builds nothing that needs it", () => {
    const plain = app("blog", { build: { context: "blog" } });
    requireAgent(
      [plain, app("shop", { release }), app("wiki", { build: undefined, image: "a/b:1" })],
      byBerth,
      "",
    );
    const before = { blog: { tag: "commit of blog" }, old: { tag: "commit of shop" } };
    requireAgent([app("blog"), app("shop", { was: "old" })], { ...byBerth, before }, "");
    assert.throws(
      () => requireAgent([app("blog"), app("wiki")], { ...byBerth, before }, ""),
      /^\S*Error: wiki: the build/,
    );
  });

  it("is not missed by a preview, other than by one that is run by hand, where Pulumi's plugin misses it", async () => {
    await running("a preview");
    requireAgent([app("blog")], byBerth, "");
    const before = { blog: { tag: "commit of blog" } };
    const byHand = { ...byBerth, hasStandIn: false, before };
    assert.throws(() => requireAgent([app("blog")], byHand, ""), /there is none here/);
  });
});
