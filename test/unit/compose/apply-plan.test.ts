import assert from "node:assert/strict";
import { ApplyError, applyPlan, type Memory } from "../../../components/compose/apply-plan";
import { type NexusPlan, type PlannedObject, secretMark } from "../../../components/compose/nexus-plan";
import type { Call } from "../../support/nexus/scripted-nexus";
import { type Held, objectServer } from "../automation/nexus/object-server";

const tools = {
  name: "tools",
  format: "raw",
  type: "hosted",
  url: "http://nexus.test/repository/tools",
  online: true,
  storage: { blobStoreName: "default", strictContentTypeValidation: true, writePolicy: "ALLOW" },
};
const wanted: PlannedObject = {
  name: "registry-repository-tools",
  kind: "RawHosted",
  fields: { name: "tools", online: true, storage: tools.storage },
};
const role: PlannedObject = {
  name: "registry-role-team",
  kind: "Role",
  fields: { roleId: "team", description: "", privileges: ["nx-all"], roles: [] },
};
const mirror: PlannedObject = {
  name: "registry-repository-mirror",
  kind: "RawProxy",
  fields: {
    name: "mirror",
    online: true,
    storage: { blobStoreName: "default", strictContentTypeValidation: true },
    proxy: { remoteUrl: "https://files.test", contentMaxAge: 1440, metadataMaxAge: 1440 },
    negativeCache: { enabled: false, timeToLive: 1440 },
    httpClient: {
      blocked: false,
      autoBlock: true,
      authentication: {
        type: "username",
        username: "us",
        password: secretMark("repositories.mirror.password"),
      },
    },
  },
};
/** As Nexus tells it: without its password. */
const heldMirror = {
  ...mirror.fields,
  format: "raw",
  type: "proxy",
  httpClient: { blocked: false, autoBlock: true, authentication: { type: "username", username: "us" } },
};

function planOf(...objects: PlannedObject[]): NexusPlan {
  const where = { address: "http://nexus.test", host: "nexus.test", image: "nexus3", ports: [] };
  return { ...where, objects, registries: [], readyTimeout: 1, secrets: [] };
}

/** Applies to a Nexus that holds this, and tells which changes it was sent. */
async function applied(
  held: Held,
  objects: PlannedObject[],
  { before, secrets = {} }: { before?: Memory; secrets?: Record<string, string> } = {},
) {
  const isNewRole = (call: Call) => call.method === "POST" && call.path.endsWith("/security/roles");
  const nexus = await objectServer(held, (call) => (isNewRole(call) ? { status: 200, body: {} } : undefined));
  try {
    const done = await applyPlan({ plan: planOf(...objects), server: nexus.server, secrets, before });
    return {
      ...done,
      changes: nexus.changes().map(({ method, path }) => `${method} ${path.slice("/service/rest".length)}`),
      sent: nexus.changes().map(({ body }) => body),
    };
  } finally {
    nexus.close();
  }
}

describe("a plan applied to a Nexus", () => {
  it("creates what is not there, changes what differs, and leaves the rest alone", async () => {
    const team = { id: "team", name: "team", description: "other", privileges: ["nx-all"], roles: [] };
    const done = await applied({ roles: [team] }, [wanted, role]);
    assert.deepEqual(done.changes, ["POST /v1/repositories/raw/hosted", "PUT /v1/security/roles/team"]);
    assert.deepEqual(done.created, ["raw hosted repository tools"]);
    assert.deepEqual(done.changed, ["role team"]);
    assert.deepEqual((await applied({ repositories: [tools] }, [wanted])).changes, []);
  });

  it("never deletes: it says what the settings no longer have", async () => {
    const first = await applied({ repositories: [tools] }, [wanted, role]);
    const then = await applied({ repositories: [tools] }, [wanted], { before: first.memory });
    assert.deepEqual(then.left, ["registry-role-team"]);
    assert.deepEqual(then.changes, []);
  });

  it("sends a secret that nobody can read once more where it is another, and not where it is the same", async () => {
    const held = { repositories: [heldMirror] };
    const secrets = { "repositories.mirror.password": "first-secret" };
    const first = await applied(held, [mirror], { secrets });
    assert.deepEqual(first.changes, ["PUT /v1/repositories/raw/proxy/mirror"], "it may be another one");
    assert.doesNotMatch(JSON.stringify(first.memory), /first-secret/);
    const before = first.memory;
    assert.deepEqual((await applied(held, [mirror], { secrets, before })).changes, []);
    const other = { "repositories.mirror.password": "second-secret" };
    const changed = await applied(held, [mirror], { secrets: other, before });
    assert.deepEqual(changed.changes, ["PUT /v1/repositories/raw/proxy/mirror"]);
    assert.match(JSON.stringify(changed.sent), /second-secret/);
  });

  it("takes back a field that was asked for the last time and no longer is", async () => {
    const { description: _gone, ...fields } = role.fields;
    const team = { id: "team", name: "team", description: "ours", privileges: ["nx-all"], roles: [] };
    const ours = { ...role, fields: { ...role.fields, description: "ours" } };
    const { memory } = await applied({ roles: [team] }, [ours]);
    const then = await applied({ roles: [team] }, [{ ...role, fields }], { before: memory });
    assert.deepEqual(then.changes, ["PUT /v1/security/roles/team"]);
  });

  it("refuses what would lose content, and says what it did before", async () => {
    const moved = {
      ...wanted,
      fields: { ...wanted.fields, storage: { ...tools.storage, blobStoreName: "big" } },
    };
    await assert.rejects(applied({ repositories: [tools] }, [role, moved]), (error) => {
      assert.ok(error instanceof ApplyError);
      assert.match(
        error.message,
        /^Configuring the raw hosted repository tools failed: Nexus can't change "storage.blobStoreName" of the raw hosted repository "tools"/,
      );
      assert.deepEqual(error.done.created, ["role team"]);
      assert.deepEqual(Object.keys(error.done.memory.objects), ["registry-role-team"]);
      return true;
    });
  });
});
