import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { StackIdentity } from "../../../components/base/stack-identity";
import { Republish } from "../../../components/release/republish";
import { setMocks } from "../../support/stack/mocked-pulumi";

/** What states hold, and never changes: another text of the provider is not found, another command is run anew. */
const TEXTS = {
  "a checkout of Berth": {
    provider: "exports.handler = () => require(process.cwd() + '/components/module-provider.cjs');\n",
    command: "automation/berth.cjs",
  },
  "a project that has the package": {
    provider: "exports.handler = () => require('berth/provider');\n",
    command: `"$(node --print 'require.resolve("berth/command")')"`,
  },
};

describe("what states say of Berth's own files", () => {
  const checkout = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-own-"));
  });
  afterEach(() => {
    process.chdir(checkout);
    rmSync(folder, { recursive: true });
  });

  /** The inputs of a dynamic resource and of a copy, by name. */
  async function inputs() {
    const made = new Map<string, Record<string, unknown>>();
    const mocks: pulumi.runtime.Mocks = {
      newResource: ({ name, inputs: given }) => {
        made.set(name, given);
        return { id: name, state: { ...given, stdout: '{"digest":"sha256:1"}' } };
      },
      call: ({ inputs: given }) => given,
    };
    await setMocks(mocks, "shop", "dev", false, "organization");
    const { id } = new StackIdentity("identity", { owner: "gitlab.test/team/shop" });
    const pusher = { username: "pusher", password: pulumi.output("secret") };
    const images = { source: "a.test/b@sha256:1", target: "c.test/d", tag: "1" };
    const { reference } = new Republish("shop", { ...images, pusher, access: { tls: false } });
    await new Promise((resolve) => pulumi.all([id, reference]).apply(resolve));
    return made;
  }

  for (const [project, { provider, command }] of Object.entries(TEXTS))
    it(`is found in ${project}`, async () => {
      if (project !== "a checkout of Berth") process.chdir(folder);
      const made = await inputs();
      assert.equal(made.get("identity")?.["__provider"], provider);
      assert.equal(
        made.get("shop-copy")?.["create"],
        `node ${command} copy --json --progress --if-missing "$BERTH_SOURCE" "$BERTH_TARGET"`,
      );
    });
});
