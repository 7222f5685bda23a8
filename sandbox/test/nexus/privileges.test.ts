import assert from "node:assert/strict";
import * as names from "../../nexus/connector/privilege-names";
import { mapPrivilege } from "../../nexus/connector/rest/privileges";
import { withTokenRealm } from "../../nexus/connector/rest/realms";

const isDocker = (name: string) => name === "releases" || name === "my-repo-read";
const view = (format: string, repository: string, action: string) =>
  `nx-repository-view-${format}-${repository}-${action}`;

describe("privilege names between docker and raw", () => {
  it("turn a docker repository's into raw ones and back", () => {
    const docker = view("docker", "releases", "read");
    assert.equal(names.toCore(docker, isDocker), view("raw", "releases", "read"));
    assert.equal(names.swap(view("raw", "releases", "read"), isDocker), docker);
  });

  it("leave unknown repositories alone, so that the real server says they are unknown", () => {
    assert.equal(names.toCore(view("docker", "nope", "read"), isDocker), view("docker", "nope", "read"));
    assert.equal(names.swap(view("raw", "files", "read"), isDocker), view("raw", "files", "read"));
  });

  it("make a raw privilege of a docker repository unknown", () => {
    assert.equal(names.toCore(view("raw", "releases", "read"), isDocker), view("docker", "releases", "read"));
  });

  it("are read right where the repository's name looks like an action", () => {
    assert.equal(
      names.toCore(view("docker", "my-repo-read", "*"), isDocker),
      view("raw", "my-repo-read", "*"),
    );
  });

  it("of all repositories come back as their owner wrote them", () => {
    const both = [view("docker", "*", "read"), view("raw", "*", "read"), "nx-all"];
    for (const written of [both, both.slice(0, 1), both.slice(1)]) {
      const stored = [...new Set(written.map((name) => names.toCore(name, isDocker)))];
      const shown = names.fromCore(stored, isDocker, names.worthRemembering(written, isDocker));
      assert.deepEqual(shown.sort(), [...written].sort());
    }
  });

  it("in messages are the reader's", () => {
    const text = `"Privilege '${view("raw", "releases", "read")}' contained in role 'r' not found."`;
    assert.match(names.messageFromCore(text, isDocker), /nx-repository-view-docker-releases-read' contained/);
  });

  it("in wildcard patterns change the format only", () => {
    assert.equal(
      names.patternToCore("nexus:repository-view:docker:*:read"),
      "nexus:repository-view:raw:*:read",
    );
    assert.equal(names.patternToCore("nexus:blobstores:docker"), undefined);
    assert.equal(names.patternFromCore("nexus:repository-admin:raw"), "nexus:repository-admin:docker");
  });
});

describe("an own privilege", () => {
  const privilege = (format: string, repository: string) => ({
    name: "p",
    actions: ["READ"],
    format,
    repository,
  });

  it("of a docker repository is stored as raw", () => {
    const { mapped, remember } = mapPrivilege(privilege("docker", "releases"), isDocker);
    assert.deepEqual([mapped.format, remember], ["raw", false]);
  });

  it("of all docker repositories is remembered as such", () => {
    const { mapped, remember } = mapPrivilege(privilege("docker", "*"), isDocker);
    assert.deepEqual([mapped.format, remember], ["raw", true]);
  });

  it("with the wrong format stays wrong", () => {
    assert.equal(mapPrivilege(privilege("docker", "files"), isDocker).mapped.format, "docker");
    assert.equal(mapPrivilege(privilege("raw", "releases"), isDocker).mapped.format, "docker");
  });
});

describe("the token realm among the active ones", () => {
  it("keeps its place, or the end where the list got shorter", () => {
    assert.deepEqual(withTokenRealm(["a", "b"], 1), ["a", "DockerToken", "b"]);
    assert.deepEqual(withTokenRealm(["a"], 7), ["a", "DockerToken"]);
    assert.deepEqual(withTokenRealm(["a"], null), ["a"]);
  });
});
