import assert from "node:assert/strict";
import { dockerHost } from "../../../components/docker/docker-host";
import { lookLabels } from "../../../components/docker/idle-container";
import { scriptedDocker } from "../../support/docker/scripted-docker";

describe("a container that looks into a volume", () => {
  it("takes away what a killed run left of its look, and none that another run may have made just now", async () => {
    const asked: string[] = [];
    const docker = await scriptedDocker({
      state: () => undefined,
      exec: () => ({ exitCode: 1, output: "" }),
      containers: [
        { Id: "left", Created: 1_700_000_000 },
        { Id: "looks", Created: Math.floor(Date.now() / 1000) },
      ],
      seen: (request) => asked.push(decodeURIComponent(request.split("?")[0]!), decodeURIComponent(request)),
    });
    try {
      const labels = await lookLabels(dockerHost(docker.address), { "berth.id": "1111" });
      assert.deepEqual(labels, { "berth.id": "1111", "berth.look": "true" });
      assert.deepEqual(
        asked.filter((one) => one.startsWith("DELETE") && !one.includes("?")),
        ["DELETE /containers/left"],
      );
      assert.ok(
        asked.some((one) => one.includes('["berth.id=1111","berth.look=true"]')),
        "only our own",
      );
    } finally {
      docker.close();
    }
  });
});
