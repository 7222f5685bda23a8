import assert from "node:assert/strict";
import { administratorFindings, nexusFinding, versionFinding } from "../../../../automation/doctor/nexus";
import { type Reply, scriptedNexus } from "../../../support/nexus/scripted-nexus";

const server = { server: "Nexus/3.94.0-01 (COMMUNITY)" };
const STORE = { name: "docker", type: "File", availableSpaceInBytes: 80e9 };

/** A Nexus that answers these paths below /service/rest, and 404 to all else. */
async function withNexus<T>(
  answers: Readonly<Record<string, Reply>>,
  work: (url: string) => Promise<T>,
  headers: Record<string, string> = server,
): Promise<T> {
  const nexus = await scriptedNexus(({ path }) => {
    const found = answers[path.replace("/service/rest", "")] ?? { status: 404 };
    return { headers, ...found };
  });
  try {
    return await work(nexus.url);
  } finally {
    nexus.close();
  }
}

const dev = { stack: "dev", settings: {} };
const ready = { "/swagger.json": { status: 200, body: {} }, "/v1/status": { status: 200 } };

describe("doctor on Nexus", () => {
  const found = (writable: Reply, more: Readonly<Record<string, Reply>> = ready) =>
    withNexus({ ...more, "/v1/status/writable": writable }, (url) =>
      nexusFinding({ url, ca: undefined }, dev),
    );

  it("says which one takes writes", async () => {
    const { state, text } = await found({ status: 200 });
    assert.equal(state, "ok");
    assert.match(text, /^Nexus 3\.94\.0 \(COMMUNITY\) at http:\/\/127\.0\.0\.1:\d+ takes writes$/);
  });

  it("fails for one that is read-only, with the way out, and for one that starts or isn't there", async () => {
    const frozen = await found({ status: 503 });
    assert.equal(frozen.state, "fail");
    assert.match(frozen.text, /it is read-only/);
    assert.match(frozen.advice!, /Disable read-only mode$/);
    const starting = await found({ status: 503 }, { "/v1/status": { status: 503 } });
    assert.match(starting.text, /it is still starting/);
    const gone = await nexusFinding({ url: "http://127.0.0.1:9", ca: undefined }, dev);
    assert.deepEqual([gone.state, /ECONNREFUSED/.test(gone.text)], ["fail", true]);
    assert.equal(gone.advice, "berth ps dev; berth logs nexus --stack dev");
    const url = "http://127.0.0.1:9";
    const own = await nexusFinding({ url }, { stack: "dev", settings: { nexus: { url } as never } });
    assert.match(
      own.advice!,
      /^curl -sSi http:\/\/127\.0\.0\.1:9\/service\/rest\/v1\/status #/,
      "no stack's container",
    );
  });

  it("fails where a page answers everything, and takes a server that hides what it can do for a Nexus", async () => {
    const page = { status: 200, body: "<title>welcome</title>", headers: { "content-type": "text/html" } };
    const other = await found(page, { "/swagger.json": page, "/v1/status": page });
    assert.deepEqual(
      [other.state, /: not Nexus but a web page answers /.test(other.text)],
      ["fail", true],
      other.text,
    );
    const silent = await found(
      { status: 200 },
      { "/swagger.json": { status: 200 }, "/v1/status": { status: 200 } },
    );
    assert.equal(silent.state, "ok", silent.text);
  });

  it("warns of a version with a known hole, by what the server says of itself", () => {
    const old = versionFinding({ version: "3.71.0", edition: "OSS" }, "dev");
    assert.equal(old.state, "warn");
    assert.match(old.text, /^Nexus 3\.71\.0 has the vulnerability CVE-2026-3199/);
    assert.match(old.advice!, /^Set berth:nexus\.image to /);
    const now = versionFinding({ version: "3.94.0", edition: "COMMUNITY" }, "dev");
    assert.equal(
      now.text,
      "3.94.0 (COMMUNITY), no hole is known here; it takes 40000 components and 100000 requests a day",
    );
    assert.equal(
      versionFinding({ version: "", edition: "" }, "dev").text,
      "it is hidden, by a proxy in front",
    );
  });
});

describe("doctor as Nexus's administrator", () => {
  const found = (answers: Readonly<Record<string, Reply>>, headers?: Record<string, string>) =>
    withNexus(
      { ...ready, "/v1/blobstores": { status: 200, body: [STORE] }, ...answers },
      (url) => administratorFindings({ url, username: "admin", password: "adminadmin" }, "prod"),
      headers,
    );
  const of = async (what: string, answers: Readonly<Record<string, Reply>>) =>
    (await found(answers)).find((one) => one.what === `Nexus: ${what}`)!;
  const store = (more: object) => ({ "/v1/blobstores": { status: 200, body: [{ ...STORE, ...more }] } });

  it("fails where nobody has accepted the licence", async () => {
    const { state, advice } = await of("licence", {
      "/v1/system/eula": { status: 200, body: { accepted: false } },
    });
    assert.deepEqual([state, advice], ["fail", "Set berth:nexus.eula to accepted and run berth up prod"]);
  });

  it("counts components against the edition's limit, where Nexus tells them", async () => {
    const used = (componentCount: number) =>
      of("limits", {
        "/v1/monthly-metrics": { status: 200, body: [{ componentCount: 7 }, { componentCount }] },
      });
    const found = await Promise.all([100, 33_000, 40_000].map(used));
    assert.deepEqual(
      found.map(({ state, text }) => [state, text]),
      [
        ["ok", "100 of 40000 components"],
        ["warn", "33000 of 40000 components"],
        ["fail", "40000 of 40000 components: it takes no new ones"],
      ],
    );
    assert.match((await of("limits", {})).text, /40000 components at most/);
  });

  it("has no limits to speak of in another edition", async () => {
    const names = (await found({}, { server: "Nexus/3.94.0-01 (PRO)" })).map(({ what }) => what);
    assert.deepEqual(names, ["Nexus: blob store docker"]);
  });

  it("warns of a store over its quota, in Nexus's own words, and of a disk that fills up", async () => {
    const softQuota = { type: "spaceUsedQuota", limit: 1000 };
    const over = await of("blob store docker", {
      ...store({ softQuota }),
      "/v1/blobstores/docker/quota-status": {
        status: 200,
        body: { isViolation: true, message: "using 2 GB of 1 GB" },
      },
    });
    assert.deepEqual([over.state, over.text], ["warn", "over its quota: using 2 GB of 1 GB"]);
    const full = await of("blob store docker", store({ availableSpaceInBytes: 2e8 }));
    assert.equal(full.state, "fail");
    assert.match(full.advice!, /^berth cleanup prod --dry-run; berth nexus gc prod #/);
    assert.equal((await of("blob store docker", store({ type: "S3" }))).text, "S3, no quota");
  });

  it("says what to do about a password that isn't right", async () => {
    await assert.rejects(
      found({ "/v1/blobstores": { status: 401 } }),
      /The password of "admin" is not the one in the state/,
    );
  });
});
