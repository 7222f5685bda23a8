import assert from "node:assert/strict";
import {
  nexusUrl,
  registryAddress,
  registryAddresses,
} from "../../../components/settings/nexus/nexus-addresses";
import { dockerHosts, isSecretField, parseSettings } from "../../../components/settings/settings";
import { refused } from "../../support/settings-problems";

const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" };
const own = { url: "https://nexus.example.com/", username: "platform", password: "s3cret" };
const needed = { releases: { port: 8082 }, docker: { port: 8083 } };

const parse = (nexus: object) => parseSettings({ nexus, gitlab, servers: {}, apps: {} });
const problems = (nexus: object) => refused(() => parse(nexus));

describe("settings of a Nexus of one's own", () => {
  it("need its address, an administrator, and where its two docker repositories are", () => {
    const settings = parse({ ...own, repositories: needed });
    const { nexus } = settings;
    assert.equal(nexusUrl(nexus), "https://nexus.example.com");
    assert.deepEqual(registryAddresses(nexus), ["nexus.example.com:8082", "nexus.example.com:8083"]);
    assert.deepEqual(dockerHosts(settings), []);
  });

  it("have defaults only for what the pipeline uses; all else is somebody's already", () => {
    const { nexus } = parse({ ...own, repositories: needed });
    const { releases, docker } = nexus.repositories;
    assert.deepEqual(Object.keys(nexus.repositories), ["releases", "docker"]);
    assert.deepEqual(docker?.type === "group" && docker.members, ["releases"]);
    assert.equal(releases?.blobStore, "default");
    assert.deepEqual(Object.keys(nexus.accounts), ["pusher", "puller", "base-reader"]);
    assert.deepEqual([nexus.blobStores, nexus.cleanupPolicies], [{}, {}]);
    assert.deepEqual([nexus.adopt, nexus.realms, nexus.anonymous], [false, undefined, undefined]);
  });

  it("take a docker repository's address where a proxy in front gives it another than Nexus", () => {
    const repositories = {
      releases: { port: 8082, address: "releases.example.com" },
      docker: { httpsPort: 8443 },
    };
    const { nexus } = parse({ ...own, repositories });
    assert.equal(registryAddress(nexus, "releases"), "releases.example.com");
    assert.equal(registryAddress(nexus, "docker"), "nexus.example.com:8443");
  });

  it("may name what is in Nexus and not in them: members, blob stores, policies", () => {
    const repositories = {
      releases: { port: 8082, blobStore: "theirs", cleanup: ["their-policy"] },
      docker: { port: 8083, members: ["releases", "their-hub"] },
    };
    const { docker } = parse({ ...own, repositories }).nexus.repositories;
    assert.deepEqual(docker?.type === "group" && docker.members, ["releases", "their-hub"]);
  });

  it("refuse all that is for a Nexus that Berth makes, at once, with the paths", () => {
    const made = {
      docker: "unix:///var/run/docker.sock",
      image: "sonatype/nexus3:3.94.0",
      hostname: "nexus.example.com",
      bind: "10.0.0.5",
      port: 8081,
      tls: { certificates: "own" },
      memory: 4096,
      adminPassword: "x",
    };
    const of = (what: string) =>
      `${what} of a Nexus that Berth makes; with url it is there already: take it out`;
    assert.deepEqual(problems({ ...own, ...made, repositories: needed }), [
      `berth:nexus.docker: ${of("the Docker host")}`,
      `berth:nexus.image: ${of("the image")}`,
      `berth:nexus.hostname: ${of("the name")}`,
      `berth:nexus.bind: ${of("the address")}`,
      `berth:nexus.port: ${of("the port")}`,
      `berth:nexus.tls: ${of("the proxy in front")}`,
      `berth:nexus.memory: ${of("the memory")}`,
      `berth:nexus.adminPassword: ${of("admin's password")}`,
    ]);
  });

  it("are refused where something is missing, and in a Nexus that Berth makes", () => {
    assert.deepEqual(
      problems({ url: own.url, repositories: { releases: {}, docker: { httpsPort: 8443 } } }),
      [
        "berth:nexus.username: expected the name of an administrator, got nothing",
        "berth:nexus.password: expected that administrator's password (pulumi config set --secret --path 'berth:nexus.password')",
      ],
    );
    const plain = { ...own, url: "http://nexus.example.com" };
    assert.deepEqual(problems({ ...plain, repositories: { releases: {}, docker: { httpsPort: 8443 } } }), [
      "berth:nexus.repositories.releases.address: the pipeline needs it as a docker hosted repository with a port, or the address that a proxy in front gives it",
      "berth:nexus.repositories.docker.address: the pipeline needs it as a docker group repository with a port, or the address that a proxy in front gives it",
    ]);
    const made = { hostname: "nexus.example.com", eula: "accepted" };
    assert.deepEqual(problems({ ...made, username: "platform", ca: "ca.pem" }), [
      "berth:nexus.username: the administrator of a Nexus of your own: set url, too, or take it out",
      "berth:nexus.ca: the authority of a Nexus of your own: set url, too, or take it out",
    ]);
    assert.deepEqual(problems({ ...made, repositories: { releases: { address: "r.example.com" } } }), [
      "berth:nexus.repositories.releases.address: only a Nexus of your own (url) has it; Berth puts its own under tls.names: take it out",
    ]);
    assert.deepEqual(problems({ ...own, url: "nexus.example.com", repositories: needed }), [
      'berth:nexus.url: expected an address like https://example.com, got "nexus.example.com"',
    ]);
  });

  it("know its password for a secret", () => {
    assert.equal(isSecretField(["nexus", "password"]), true);
  });
});
