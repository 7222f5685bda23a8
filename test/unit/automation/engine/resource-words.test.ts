import assert from "node:assert/strict";
import {
  knownNames,
  label,
  resourcePhrase,
  resourceWords,
  thingOf,
} from "../../../../automation/engine/resource-words";

const NAMES = { apps: ["blog-api", "blog"], servers: ["web-1", "web"] };
const DYNAMIC = "pulumi-nodejs:dynamic";

describe("a resource in the product's words", () => {
  const words: [type: string, name: string, words: string][] = [
    ["docker:index/container:Container", "blog-web-container", "blog on web: container"],
    ["docker:index/container:Container", "blog-api-web-1-container", "blog-api on web-1: container"],
    [
      "docker:index/container:Container",
      "blog-web-1-worker-2-container",
      "blog/worker-2 on web-1: container",
    ],
    ["docker:index/container:Container", "nexus-container", "Nexus: container"],
    ["docker:index/container:Container", "web-edge-a", "edge of web: container a"],
    ["docker:index/container:Container", "nexus-edge-8443", "edge of Nexus: port 8443"],
    ["docker:index/volume:Volume", "blog-web-data", "blog on web: volume data"],
    ["docker:index/volume:Volume", "nexus-data", "Nexus: volume data"],
    ["docker:index/volume:Volume", "web-edge-config", "edge of web: volume config"],
    ["docker:index/remoteImage:RemoteImage", "blog-web-image", "blog on web: image"],
    ["docker:index/remoteImage:RemoteImage", "nexus-edge-door-image", "edge of Nexus: image of its doors"],
    ["docker:index/remoteImage:RemoteImage", "blog-base-NODE", "blog: base image of its build NODE"],
    ["docker:index/network:Network", "web-network", "web: network"],
    ["pulumi:providers:docker", "web-docker", "web: Docker"],
    [`${DYNAMIC}/deploy:Traffic`, "blog-traffic", "blog: traffic"],
    [`${DYNAMIC}/docker:VolumeGuard`, "blog-web-data-guard", "blog on web: guard of volume data"],
    [`${DYNAMIC}/nexus:DockerHosted`, "registry-repository-releases", "Nexus: repository releases"],
    [`${DYNAMIC}/nexus:Role`, "registry-account-pusher-role", "Nexus: role of account pusher"],
    [`${DYNAMIC}/nexus:Eula`, "registry-eula", "Nexus: eula"],
    ["random:index/randomPassword:RandomPassword", "registry-admin-secret", "Nexus: password of admin"],
    ["gitlab:index/projectVariable:ProjectVariable", "gitlab-project-berth-token", "GitLab: berth token"],
  ];
  for (const [type, name, said] of words)
    it(`is ${said}`, () => {
      assert.equal(resourceWords(`urn:pulumi:dev::berth::x$${type}::${name}`, NAMES), said);
    });

  it("is the same by the type that the engine's messages shorten, and in the middle of a sentence", () => {
    assert.equal(
      label(thingOf("docker:index:Container", "blog-web-container", NAMES)),
      "blog on web: container",
    );
    assert.equal(
      resourcePhrase("urn::docker:index/container:Container::blog-web-container", NAMES),
      "container of blog on web",
    );
  });

  it("keeps the engine's name where it knows no app or server of that name, or no such type", () => {
    const nobody = { apps: [], servers: [] };
    assert.equal(
      resourceWords("urn::docker:index/container:Container::blog-web-container", nobody),
      "blog-web-container: container",
    );
    for (const type of ["my:own:FineThing", "my:own:constructor"])
      assert.match(resourceWords(`urn::${type}::mine`, NAMES), /^mine: (fine thing|constructor)$/);
    assert.equal(resourceWords("urn::pulumi:providers:aws::far", nobody), "far: aws provider");
  });

  it("knows the names of the settings, and those that only the state has still", () => {
    const of = (type: string, name: string) => ({ type, urn: `urn::${type}::${name}` });
    const resources = [
      of("berth:app:AppDeployment", "old"),
      of("berth:app:AppImage", "blog"),
      of("berth:app:ServerHost", "web"),
    ];
    const settings = { apps: [{ name: "blog" }, { name: "blog-api" }], servers: [{ name: "web-1" }] };
    assert.deepEqual(knownNames({ resources }, settings as never), {
      apps: ["blog-api", "blog", "old"],
      servers: ["web-1", "web"],
    });
  });
});
