import assert from "node:assert/strict";
import { coreBody, coreType, dockerView, recordOf } from "../../nexus/connector/rest/bodies";
import { checkDocker } from "../../nexus/connector/rest/validation";

const docker = { v1Enabled: false, forceBasicAuth: false, httpPort: 8082 };
const storage = { blobStoreName: "docker", strictContentTypeValidation: true, writePolicy: "allow_once" };
const hosted = { name: "releases", online: true, storage: { ...storage, latestPolicy: true }, docker };
const proxy = {
  name: "hub",
  online: true,
  storage,
  docker: { v1Enabled: false, forceBasicAuth: true },
  dockerProxy: { indexType: "REGISTRY" },
  proxy: { remoteUrl: "http://remote", contentMaxAge: 1, metadataMaxAge: 2 },
  negativeCache: { enabled: true, timeToLive: 3 },
  httpClient: {
    blocked: false,
    autoBlock: true,
    authentication: { type: "username", username: "u", password: "p" },
  },
};

describe("the docker parts of a repository request", () => {
  it("accepts a complete hosted repository", () => {
    const checked = checkDocker("hosted", hosted);
    assert.deepEqual([checked.errors, checked.typeErrors], [[], []]);
    assert.deepEqual(checked.settings, {
      docker: { ...docker, httpsPort: null, subdomain: null },
      latestPolicy: true,
    });
  });

  it("names every missing field as Nexus does", () => {
    assert.deepEqual(checkDocker("proxy", {}).errors, [
      { id: "PARAMETER docker", message: "must not be null" },
      { id: "PARAMETER dockerProxy", message: "must not be null" },
    ]);
    const ids = checkDocker("proxy", { docker: {}, dockerProxy: {} }).errors.map((error) => error.id);
    assert.deepEqual(ids, ["PARAMETER v1Enabled", "PARAMETER forceBasicAuth", "PARAMETER indexType"]);
  });

  it("wants a hosted repository's write policy, in any case", () => {
    const withPolicy = (writePolicy?: string) =>
      checkDocker("hosted", { ...hosted, storage: { ...storage, writePolicy } });
    assert.deepEqual(withPolicy("Deny").errors, []);
    assert.deepEqual(withPolicy().errors, [{ id: "PARAMETER writePolicy", message: "must not be null" }]);
    assert.equal(withPolicy("FOO").typeErrors[0]?.id, "storage.writePolicy");
  });

  it("refuses ports outside 1–65535 and one port for both schemes", () => {
    const errorsOf = (ports: object) =>
      checkDocker("hosted", { ...hosted, docker: { ...docker, ...ports } }).errors;
    assert.deepEqual(errorsOf({ httpPort: 0 }), [
      { id: "PARAMETER httpPort", message: "must be greater than or equal to 1" },
    ]);
    assert.equal(errorsOf({ httpPort: 65536 })[0]?.message, "must be less than or equal to 65535");
    assert.match(errorsOf({ httpsPort: 8082 })[0]?.message ?? "", /must be different/);
  });

  it("takes a port in a string as a number, and reports any other type by its path", () => {
    const withPort = (httpPort: unknown) =>
      checkDocker("hosted", { ...hosted, docker: { ...docker, httpPort } });
    assert.equal(withPort("8082").settings.docker.httpPort, 8082);
    assert.equal(withPort("x").typeErrors[0]?.id, "docker.httpPort");
    assert.equal(checkDocker("hosted", { docker: [] }).typeErrors[0]?.id, "docker");
  });

  it("knows the three kinds of index, and that CUSTOM needs its URL", () => {
    const withIndex = (dockerProxy: object) => checkDocker("proxy", { ...proxy, dockerProxy });
    assert.deepEqual(withIndex({ indexType: "CUSTOM" }).errors, [
      { id: "PARAMETER indexUrl", message: "must not be null" },
    ]);
    assert.equal(withIndex({ indexType: "hub" }).typeErrors[0]?.id, "dockerProxy.indexType");
    assert.deepEqual(withIndex({ indexType: "HUB" }).errors, []);
  });
});

describe("the raw repository behind a docker one", () => {
  it("is a blocked proxy where hosted, with the same name and blob store", () => {
    const body = coreBody("hosted", { ...hosted, component: {}, cleanup: { policyNames: ["p"] } });
    assert.equal(coreType("hosted"), "proxy");
    assert.deepEqual(body.storage, { blobStoreName: "docker", strictContentTypeValidation: true });
    assert.deepEqual(body.httpClient, { blocked: true, autoBlock: false });
    assert.deepEqual(Object.keys(body).sort(), [
      "cleanup",
      "httpClient",
      "name",
      "negativeCache",
      "online",
      "proxy",
      "storage",
    ]);
  });

  it("has the caller's mistakes, so that the real server words the errors", () => {
    assert.equal(coreBody("hosted", { ...hosted, storage: 5 }).storage, 5);
    assert.equal("online" in coreBody("hosted", { name: "x" }), false);
  });

  it("keeps a proxy's own settings whole", () => {
    const { docker: _docker, dockerProxy: _dockerProxy, ...rest } = proxy;
    assert.deepEqual(coreBody("proxy", proxy), rest);
  });
});

describe("what GET shows of a docker repository", () => {
  const record = recordOf("hosted", hosted, checkDocker("hosted", hosted).settings);
  const core = {
    name: "releases",
    online: true,
    storage: { ...storage, writePolicy: "ALLOW" },
    cleanup: null,
    proxy: {},
    negativeCache: {},
    httpClient: {},
    routingRuleName: null,
    raw: { contentDisposition: "ATTACHMENT" },
    format: "raw",
    type: "proxy",
  };

  it("is the caller's write policy in the caller's case, and format docker", () => {
    assert.deepEqual(dockerView(core, record), {
      name: "releases",
      online: true,
      storage: { ...storage, latestPolicy: true },
      cleanup: null,
      component: { proprietaryComponents: false },
      docker: { ...docker, httpsPort: null, subdomain: null },
      format: "docker",
      type: "hosted",
    });
  });

  it("never holds the remote's password", () => {
    const remembered = recordOf("proxy", proxy, checkDocker("proxy", proxy).settings);
    assert.equal(remembered.remote?.password, "p");
    const view = dockerView({ name: "hub", format: "raw" }, remembered);
    assert.equal(JSON.stringify(view).includes('"p"'), false);
    assert.equal("remote" in view, false);
  });

  it("forgets the password of a proxy whose authentication is left out", () => {
    const open = { ...proxy, httpClient: { blocked: false, autoBlock: true } };
    assert.equal(recordOf("proxy", open, checkDocker("proxy", open).settings).remote?.password, undefined);
  });
});
