import assert from "node:assert/strict";
import { CleanupPolicy, type CleanupPolicyArgs } from "../../../components/nexus/kinds/cleanup-policy";
import { anyServer, fieldsOf, kindAgainst, openApi } from "../../support/nexus/nexus-kind";
import type { Call, Reply } from "../../support/nexus/scripted-nexus";

type Own = Omit<CleanupPolicyArgs, "server">;

const make = (args: Own) => () => new CleanupPolicy("p", { server: anyServer, ...args });
const aged: Own = { name: "old", lastDownloadedDays: 30 };

/** 3.71 and its like, as measured; the newer ones have the same below /v1 too. */
const FORMATS = [
  { id: "*", name: "All Formats", availableCriteria: ["lastDownloaded", "lastBlobUpdated"] },
  { id: "raw", name: "raw", availableCriteria: ["regex", "lastDownloaded", "lastBlobUpdated"] },
  {
    id: "maven2",
    name: "maven2",
    availableCriteria: ["regex", "isPrerelease", "retain", "sortBy", "lastDownloaded", "lastBlobUpdated"],
  },
];
const formats: Reply = { status: 200, body: FORMATS };
const v1 = openApi(["GET /v1/cleanup-policies", "POST /v1/cleanup-policies"]);

function against(args: Own, document: object, answer: (call: Call) => Reply) {
  return kindAgainst(make(args), document, (call) =>
    call.path.endsWith("/criteria/formats") ? formats : answer(call),
  );
}

describe("a cleanup policy", () => {
  it("says its criteria in Nexus's words, for all formats unless told otherwise", async () => {
    const args: Own = {
      ...aged,
      ageDays: 3,
      assetRegex: "a.*",
      releaseType: "RELEASES",
      retain: 2,
      sortBy: "date",
    };
    assert.deepEqual(await fieldsOf(make(args)), {
      name: "old",
      format: "*",
      criteriaLastDownloaded: 30,
      criteriaLastBlobUpdated: 3,
      criteriaAssetRegex: "a.*",
      criteriaReleaseType: "RELEASES",
      retain: 2,
      sortBy: "date",
    });
  });

  for (const [server, document, collection] of [
    ["3.71", openApi([]), "/internal/cleanup-policies"],
    ["a newer server", v1, "/v1/cleanup-policies"],
  ] as const) {
    it(`is created, changed and deleted below ${collection} of ${server}`, async () => {
      let there: object | undefined;
      const nexus = await against(aged, document, ({ method, body }) => {
        if (method === "POST" || method === "PUT") there = { ...(body as object), inUseCount: 4 };
        if (method === "DELETE") there = undefined;
        return there ? { status: 200, body: there } : { status: method === "DELETE" ? 204 : 404 };
      });
      const fields = await fieldsOf(make(aged));
      const { server } = nexus;
      const { outs } = await nexus.provider.create({ server, ...fields });
      const next = { server, ...(await fieldsOf(make({ name: "old", ageDays: 7 }))) };
      await nexus.provider.update("old", outs, next);
      await nexus.provider.delete("other", next);
      nexus.close();
      const changes = nexus.calls().filter(({ method }) => method !== "GET");
      assert.deepEqual(
        changes.map(({ method, path }) => `${method} ${path}`),
        [
          `POST /service/rest${collection}`,
          `PUT /service/rest${collection}/old`,
          `DELETE /service/rest${collection}/other`,
        ],
      );
      assert.deepEqual(changes[1]!.body, { name: "old", format: "*", criteriaLastBlobUpdated: 7 });
    });
  }

  it("must say what to delete: how much to keep is not enough", async () => {
    const nexus = await against(aged, v1, () => ({ status: 404 }));
    const reasons = await nexus.refusals({ name: "old", format: "raw", retain: 3, sortBy: "date" });
    nexus.close();
    assert.deepEqual(reasons, [
      'The cleanup policy "old" doesn\'t say what to delete: ' +
        "give at least one of lastDownloadedDays, ageDays, assetRegex, releaseType.",
    ]);
  });

  it("can't use what its format doesn't have, nor a format that the server doesn't have", async () => {
    const nexus = await against(aged, v1, () => ({ status: 404 }));
    const wide = { name: "old", format: "*", criteriaAssetRegex: "a", criteriaReleaseType: "RELEASES" };
    const docker = { name: "old", format: "docker", criteriaLastDownloaded: 3 };
    const tooMuch =
      'The cleanup policy "old" can\'t use assetRegex, releaseType: ' +
      'for the format "*" Nexus takes lastDownloadedDays, ageDays.';
    assert.deepEqual(await nexus.refusals(wide), [tooMuch]);
    assert.deepEqual(await nexus.refusals(docker), [
      'The cleanup policy "old" is for the format "docker", which this Nexus does not have; it has *, raw, maven2.',
    ]);
    // Where nobody previewed: Nexus's own answer would be an empty 400.
    await assert.rejects(nexus.provider.create({ server: nexus.server, ...wide }), { message: tooMuch });
    nexus.close();
    assert.ok(!nexus.calls().some(({ method }) => method === "POST"));
  });

  const retaining =
    "How many versions to keep (retain, sortBy) can be said only for some formats and in some editions: " +
    "Sonatype's documentation names Nexus Pro, and maven2 and docker.";

  it("passes on how many versions to keep where the server has that, and says who has it where not", async () => {
    const nexus = await against(aged, v1, ({ method }) => ({ status: method === "GET" ? 404 : 200 }));
    const keeping = { name: "old", criteriaLastDownloaded: 3, retain: 5, sortBy: "version" };
    assert.deepEqual(await nexus.refusals({ ...keeping, format: "raw" }), [
      'The cleanup policy "old" can\'t use retain, sortBy: ' +
        `for the format "raw" Nexus takes lastDownloadedDays, ageDays, assetRegex. ${retaining}`,
    ]);
    await nexus.provider.create({ server: nexus.server, ...keeping, format: "maven2" });
    nexus.close();
    assert.deepEqual(nexus.calls().find(({ method }) => method === "POST")?.body, {
      ...keeping,
      format: "maven2",
    });
  });

  it("says it also where a server without a list of criteria just answers 400", async () => {
    const nexus = await kindAgainst(make(aged), v1, ({ method }) => ({
      status: method === "GET" ? 404 : 400,
    }));
    const inputs = { server: nexus.server, name: "old", format: "docker", criteriaLastDownloaded: 3 };
    await assert.rejects(nexus.provider.create({ ...inputs, retain: 5 }), (error: Error) =>
      error.message.endsWith(`. ${retaining}`),
    );
    await assert.rejects(nexus.provider.create(inputs), (error: Error) => !error.message.includes(retaining));
    nexus.close();
  });

  it("leaves it to Nexus where its list of formats can't be read", async () => {
    const nexus = await kindAgainst(make(aged), v1, () => ({ status: 404 }));
    assert.deepEqual(await nexus.refusals({ name: "old", format: "docker", criteriaLastDownloaded: 3 }), []);
    nexus.close();
  });
});
