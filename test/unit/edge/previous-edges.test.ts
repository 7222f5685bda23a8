import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { edgesIn, previousEdges } from "../../../components/edge/previous-edges";
import { FolderDocker } from "../../support/docker/folder-docker";
import { setMocks } from "../../support/stack/mocked-pulumi";

const type = "docker:index/container:Container";
const urn = (name: string) =>
  `urn:pulumi:dev::berth::berth:app:ServerHost$berth:edge:EdgeProxy$${type}::${name}`;
const outputs = { name: "main-edge-1a2b", ports: [{ external: 8080 }, { external: 443 }] };
const edge = { urn: urn("main-edge"), type, inputs: { image: "caddy@sha256:1" }, outputs };
const kept = { container: "main-edge-1a2b", ports: [8080, 443], image: "caddy@sha256:1" };

describe("the edges of a version before doors", () => {
  let docker: FolderDocker;
  let folder: string;
  const { PATH } = process.env;

  before(async () => {
    const mocks = {
      newResource: ({ name }: { name: string }) => ({ id: name, state: {} }),
      call: () => ({}),
    };
    await setMocks(mocks, "berth", "dev", false, "organization");
    docker = await FolderDocker.start();
    docker.add("main-edge-1a2b");
    folder = mkdtempSync(join(tmpdir(), "berth-pulumi-"));
    process.env["PATH"] = `${folder}:${PATH}`;
  });

  after(() => {
    process.env["PATH"] = PATH;
    docker.close();
    rmSync(folder, { recursive: true });
  });

  /** What stands for the engine's command. */
  function pulumi(script: string): void {
    writeFileSync(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "pulumi"), 0o755);
  }

  const hosts = () => ({ "main-edge": docker.address, "spare-edge": "unix:///nowhere.sock" });

  it("are found in the state by their resources, without one that is about to go", () => {
    const resources = [{ ...edge, delete: true }, edge, { ...edge, urn: urn("main-edge-8080") }];
    assert.deepEqual(edgesIn({ deployment: { resources } }, ["main-edge"]), [["main-edge", kept]]);
    assert.deepEqual(edgesIn({}, ["main-edge"]), []);
  });

  it("are asked of the state only where no update of this version has been", async () => {
    pulumi("echo 'asked for nothing' >&2; exit 1");
    assert.deepEqual(await previousEdges({}, hosts()), {}, "a new stack");
    const edges = { "main-edge": { doors: [9000], old: kept }, "spare-edge": { doors: [80] } };
    assert.deepEqual(await previousEdges({ nexusUrl: "x", edges }, hosts()), {
      "main-edge": kept,
      "spare-edge": undefined,
    });
    pulumi(
      `[ "$*" = "stack export --stack organization/berth/dev" ] && echo '${JSON.stringify({ deployment: { resources: [edge] } })}'`,
    );
    assert.deepEqual(await previousEdges({ nexusUrl: "x" }, hosts()), { "main-edge": kept });
  });

  it("are forgotten where their container is gone, and not where their host doesn't answer", async () => {
    const gone = { ...kept, container: "main-edge-gone" };
    const edges = { "main-edge": { doors: [], old: gone }, "spare-edge": { doors: [], old: kept } };
    assert.deepEqual(await previousEdges({ nexusUrl: "x", edges }, hosts()), {
      "main-edge": undefined,
      "spare-edge": kept,
    });
  });

  it("stop an update where the state can't be read: nothing may take their ports by accident", async () => {
    pulumi("echo 'error: incorrect passphrase' >&2; exit 255");
    await assert.rejects(
      previousEdges({ nexusUrl: "x" }, hosts()),
      /is of an older version of Berth\. .* pulumi stack export --stack organization\/berth\/dev did not give it: error: incorrect passphrase\. Nothing was changed\./,
    );
  });
});
