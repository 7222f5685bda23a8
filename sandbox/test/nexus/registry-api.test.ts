import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { tokenRequest } from "../../nexus/connector/docker/challenge";
import { probePath } from "../../nexus/connector/docker/front";
import { referencedBlobs } from "../../nexus/connector/docker/hosted";
import { pageOf } from "../../nexus/connector/docker/lists";
import { registryConfig } from "../../nexus/connector/docker/registry-process";
import { parseRoute } from "../../nexus/connector/docker/route";
import { parseRange } from "../../nexus/connector/docker/send";
import { askedOrigin, endToEnd } from "../../nexus/connector/http-tools";

const digest = `sha256:${"a".repeat(64)}`;

describe("paths of the registry API", () => {
  it("are read for images of any depth", () => {
    assert.deepEqual(parseRoute("/v2/team/blog/manifests/1.0"), {
      kind: "manifest",
      image: "team/blog",
      reference: "1.0",
    });
    assert.deepEqual(parseRoute(`/v2/a/manifests/${digest}`), {
      kind: "manifest",
      image: "a",
      reference: digest,
    });
    assert.deepEqual(parseRoute(`/v2/a/b/c/blobs/${digest}`), { kind: "blob", image: "a/b/c", digest });
    assert.deepEqual(parseRoute("/v2/a/tags/list"), { kind: "tags", image: "a" });
    assert.deepEqual(parseRoute("/v2/a/blobs/uploads/"), { kind: "upload", image: "a", session: "" });
    assert.deepEqual(parseRoute("/v2/a/blobs/uploads/123-4"), {
      kind: "upload",
      image: "a",
      session: "123-4",
    });
  });

  it("keep an image apart whose name holds words of the API", () => {
    assert.deepEqual(parseRoute("/v2/blobs/manifests/manifests/x"), {
      kind: "manifest",
      image: "blobs/manifests",
      reference: "x",
    });
  });

  it("are unknown where malformed, never another repository's", () => {
    for (const path of [
      "/v2/A/tags/list",
      "/v2/../x/tags/list",
      "/v2/a/blobs/sha256:xyz",
      "/v2/a//b/tags/list",
      "/x",
    ])
      assert.equal(parseRoute(path).kind, "unknown", path);
    assert.equal(parseRoute("/v2/a/manifests/%2e%2e%2fx").kind, "unknown");
  });

  it("give content selectors the image's own path to judge", () => {
    assert.equal(
      probePath(parseRoute("/v2/team/blog/tags/list")),
      "v2/team/blog/manifests/berth-permission-probe",
    );
    assert.equal(probePath({ kind: "catalog" }), "v2/");
  });
});

describe("pages of a list", () => {
  const values = ["a", "b", "c"];
  it("hold n entries after last, with the next page's query", () => {
    assert.deepEqual(pageOf(values, new URLSearchParams("n=2")), { page: ["a", "b"], next: "n=2&last=b" });
    assert.deepEqual(pageOf(values, new URLSearchParams("n=2&last=b")), { page: ["c"] });
    assert.deepEqual(pageOf(values, new URLSearchParams("n=x")), { page: values });
  });
});

describe("byte ranges", () => {
  it("are read in all three forms", () => {
    assert.deepEqual(parseRange("bytes=2-4", 10), { start: 2, end: 4 });
    assert.deepEqual(parseRange("bytes=2-", 10), { start: 2, end: 9 });
    assert.deepEqual(parseRange("bytes=-3", 10), { start: 7, end: 9 });
    assert.deepEqual(parseRange("bytes=5-99", 10), { start: 5, end: 9 });
  });
  it("beyond the end can't be satisfied; others are ignored", () => {
    assert.equal(parseRange("bytes=10-", 10), "unsatisfiable");
    assert.equal(parseRange("bytes=4-2", 10), undefined);
    assert.equal(parseRange("bytes=0-1,3-4", 10), undefined);
    assert.equal(parseRange(undefined, 10), undefined);
  });
});

describe("a remote's challenge", () => {
  const credential = { username: "u", password: "p:ä" };
  const basic = `Basic ${Buffer.from("u:p:ä").toString("base64")}`;
  it("Bearer leads to its realm with service and scope", () => {
    const asked = tokenRequest(
      'Bearer realm="https://auth.example/token",service="reg"',
      "library/x",
      credential,
    );
    assert.deepEqual(asked, {
      kind: "bearer",
      url: "https://auth.example/token?service=reg&scope=repository%3Alibrary%2Fx%3Apull",
      header: basic,
    });
  });
  it("is given up where it can't be met", () => {
    assert.equal(tokenRequest("Basic", "x", undefined), undefined);
    assert.equal(tokenRequest("Negotiate", "x", credential), undefined);
    assert.equal(tokenRequest('Bearer realm="file:///etc/passwd"', "x", credential), undefined);
    assert.deepEqual(tokenRequest('Basic realm="r"', "x", credential), { kind: "basic", header: basic });
  });
});

describe("headers of a request", () => {
  const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;
  it("tell the origin that the client asked for, through proxies too", () => {
    assert.equal(askedOrigin(request({ host: "127.0.0.1:8082" })), "http://127.0.0.1:8082");
    const forwarded = {
      host: "10.0.0.1:8082",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "nexus.example",
    };
    assert.equal(askedOrigin(request(forwarded)), "https://nexus.example");
    assert.equal(
      askedOrigin(request({ ...forwarded, "x-forwarded-port": "8443" })),
      "https://nexus.example:8443",
    );
    assert.equal(askedOrigin(request({ ...forwarded, "x-forwarded-host": "a:1, b:2" })), "https://a:1");
  });
  it("of one connection do not travel on", () => {
    const headers = {
      connection: "keep-alive, x-private",
      "x-private": "1",
      accept: "a",
      te: "b",
      authorization: "c",
    };
    assert.deepEqual(endToEnd(headers, "authorization"), { accept: "a" });
  });
});

describe("a manifest's blobs", () => {
  it("are its config and layers; an index has none", () => {
    const manifest = {
      config: { digest },
      layers: [{ digest: `sha256:${"b".repeat(64)}` }, { digest: "../x" }],
    };
    assert.deepEqual(referencedBlobs(Buffer.from(JSON.stringify(manifest))), [
      digest,
      `sha256:${"b".repeat(64)}`,
    ]);
    assert.deepEqual(referencedBlobs(Buffer.from('{"manifests":[]}')), []);
    assert.deepEqual(referencedBlobs(Buffer.from("no JSON")), []);
  });
});

describe("a registry process", () => {
  it("listens on a socket only, deletes, and gives relative locations", () => {
    const config = JSON.parse(registryConfig("/data", "/run/x.sock"));
    assert.deepEqual(config.http, { net: "unix", addr: "/run/x.sock", relativeurls: true });
    assert.equal(config.storage.delete.enabled, true);
    assert.equal(config.storage.filesystem.rootdirectory, "/data");
  });
});
