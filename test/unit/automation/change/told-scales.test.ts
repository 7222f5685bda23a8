import assert from "node:assert/strict";
import type { PlannedChange } from "../../../../automation/change/model/change";
import { toldScales } from "../../../../automation/change/told-scales";
import { appSchema } from "../../../../components/settings/app-settings";

const CONTAINER = "docker:index/container:Container";

describe("processes with another number of containers, in a preview", () => {
  const settings = (processes: object) => [
    { ...appSchema.parse({ port: 1, publish: 2, servers: ["web1", "web2"], processes }), name: "blog" },
  ];
  const command = ["work"];
  const change = (operation: PlannedChange["operation"], name: string, type = CONTAINER) => ({
    operation,
    type,
    name,
  });

  it("are a sentence for each server, up and down", () => {
    const apps = settings({ worker: { command, count: 3 }, clock: { command, servers: ["web1"] } });
    const changes = [
      change("replace", "blog-web1-worker-container"),
      change("create", "blog-web1-worker-2-container"),
      change("create", "blog-web1-worker-3-container"),
      change("delete", "blog-web2-worker-4-container"),
      change("delete", "blog-web2-worker-5-container"),
      change("delete", "blog-web1-clock-2-container"),
    ];
    assert.deepEqual(toldScales(changes, apps), [
      "blog/worker on web1: 1 → 3 containers",
      "blog/clock on web1: 2 → 1 containers",
      "blog/worker on web2: 5 → 3 containers",
    ]);
  });

  it("are none where a process comes, goes or stays as it is, and where another one is called like a copy", () => {
    const apps = settings({ worker: { command, count: 2 }, "worker-9": { command } });
    const comes = ["worker", "worker-2", "worker-9"].map((one) =>
      change("create", `blog-web1-${one}-container`),
    );
    assert.deepEqual(toldScales(comes, apps), []);
    const others = [
      change("create", "blog-web2-worker-9-container"),
      change("delete", "blog-web1-former-container"),
      change("delete", "blog-web1-former-2-container"),
      change("create", "blog-web1-worker-2-container", "docker:index/volume:Volume"),
      change("create", "blog-web1-workers-container"),
    ];
    assert.deepEqual(toldScales(others, apps), []);
  });
});
