import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { certificateProblem } from "../../../components/edge/given-certificate";
import { givenFiles } from "../../../components/edge/given-files";
import type { TlsSettings } from "../../../components/settings/tls-settings";
import { Authority } from "../../support/http/authority";

describe("a given certificate", () => {
  let authority: Authority;
  const read = (file: string) => readFileSync(file, "utf8");
  const issue = (names: string[], days?: number) => {
    const { certificate, key } = authority.issue(names, days);
    return { certificate: read(certificate), key: read(key), ca: authority.ca };
  };

  before(() => {
    authority = new Authority();
  });

  after(() => authority.remove());

  it("is fine for the names in it, addresses and wildcards included", () => {
    const given = issue(["nexus.test", "*.apps.test", "10.0.0.1", "fd00::1"]);
    const hosts = ["nexus.test", "blog.apps.test", "10.0.0.1", "fd00::1"];
    assert.equal(certificateProblem(given, hosts), undefined);
  });

  it("is refused for a name that isn't in it, saying which are", () => {
    const { file, message } = certificateProblem(issue(["nexus.test"]), ["nexus.test", "other.test"])!;
    assert.equal(file, "certificate");
    assert.match(message, /^is not for other\.test but for DNS:nexus\.test: /);
  });

  it("has to be for every host name of every app", () => {
    const { certificate, key } = authority.issue(["web.test", "blog.test", "www.test"]);
    const filesFor = (names: TlsSettings["names"]) =>
      givenFiles(
        { proxy: "caddy", certificates: { certificate, key }, port: 443, redirectFrom: 80, names },
        { path: "servers.web1.tls", host: "web.test" },
      );
    assert.ok(filesFor({ blog: ["blog.test", "www.test"] }));
    const lacking: TlsSettings["names"][] = [{ shop: "a.test" }, { blog: ["blog.test", "a.test"] }];
    for (const names of lacking)
      assert.throws(
        () => filesFor(names),
        /berth:servers\.web1\.tls\.certificates\.certificate: the file \S+ is not for a\.test but for DNS:web\.test/,
      );
  });

  it("is refused before and after its days", () => {
    assert.match(
      certificateProblem(issue(["a.test"], -2), ["a.test"])!.message,
      /^expired on \d{4}-\d\d-\d\d/,
    );
    const early = certificateProblem(issue(["a.test"]), ["a.test"], new Date("2020-01-01"));
    assert.match(early!.message, /^is not valid before 20/);
  });

  it("is refused with another's key, or with what is no key, without a word of it", () => {
    const given = issue(["a.test"]);
    const other = certificateProblem({ ...given, key: issue(["a.test"]).key }, ["a.test"]);
    assert.deepEqual(other, { file: "key", message: "is not the key of the certificate" });
    const none = certificateProblem({ ...given, key: "hunter2" }, ["a.test"])!;
    assert.equal(none.file, "key");
    assert.doesNotMatch(none.message, /hunter2/);
  });

  it("is refused where a file holds none", () => {
    const given = issue(["a.test"]);
    assert.equal(certificateProblem({ ...given, certificate: "x" }, [])!.file, "certificate");
    assert.equal(certificateProblem({ ...given, ca: "x" }, [])!.file, "ca");
  });
});
