import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AppImage } from "../../../components/image/app-image";
import { appSchema, type BuildSettings } from "../../../components/settings/app-settings";
import { parseSettings } from "../../../components/settings/settings";
import { plain } from "../../support/serialised-provider";
import { setMocks } from "../../support/stack/mocked-pulumi";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const digest = `sha256:${"1".repeat(64)}`;
const { gitlab } = parseSettings({
  nexus: { hostname: "nexus.test", eula: "accepted" },
  gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "Team/Blog.App" },
  servers: {},
  apps: {},
});

/** What an image of these settings comes to. */
async function imageOf(given: Record<string, unknown>, platform = "linux/amd64", cacheFrom?: string) {
  const registered: Registered[] = [];
  const newResource = ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => {
    registered.push({ type, name, inputs });
    const added: Record<string, unknown> = {
      repoDigest: `${inputs["name"] ?? "gitlab.test:5050/team/blog.app/blog"}@${digest}`,
      digest,
    };
    return { id: `${name}-id`, state: { ...inputs, ...added } };
  };
  await setMocks({ newResource, call: ({ inputs }) => inputs }, "berth", "test", false);
  const heard = requests();
  const build = appSchema.parse({ port: 1, publish: 1, servers: ["a"], build: given }).build as BuildSettings;
  const app = { ...appSchema.parse({ port: 1, publish: 1, servers: ["a"], build: given }), name: "blog" };
  const reader = { username: "base-reader", password: pulumi.secret("nexus-password") };
  const bases = {
    registry: "nexus.test:8083",
    reader,
    docker: "unix:///x",
    container: "c",
    access: { tls: false },
  };
  const image = new AppImage("blog", {
    app,
    build,
    gitlab,
    tag: "abc",
    platform,
    cacheFrom,
    bases: { ...bases, reader: reader as never },
  });
  const reference = await new Promise<string>((resolve) => {
    image.reference.apply(resolve);
  });
  return {
    registered,
    reference,
    ...heard,
    of: (name: string) => registered.find((one) => one.name === name)!,
  };
}

/** What the mocks don't tell: names of the resources whose deletion leaves alone what they stand for, and whose environment has more. */
function requests() {
  type Request = {
    getName(): string;
    getRetainondelete(): boolean;
    getEnvvarmappingsMap(): { toObject(): [string, string][] };
  };
  type Call = (request: Request, ...rest: unknown[]) => unknown;
  const monitor = pulumi.runtime.getMonitor() as unknown as { registerResource: Call };
  const call = monitor.registerResource.bind(monitor);
  const retained: string[] = [];
  const environments: Record<string, object> = {};
  monitor.registerResource = (request, ...rest) => {
    if (request.getRetainondelete()) retained.push(request.getName());
    const mappings = Object.fromEntries(request.getEnvvarmappingsMap().toObject());
    if (Object.keys(mappings).length > 0) environments[request.getName()] = mappings;
    return call(request, ...rest);
  };
  return { retained, environments };
}

describe("an app's image", () => {
  before(() => {
    process.env["CI_REGISTRY_USER"] = "ci";
    process.env["CI_REGISTRY_PASSWORD"] = "job-password";
  });

  it("is built on one base that comes through Nexus, under names in lower case", async () => {
    const { registered, reference, of } = await imageOf({
      context: "app",
      base: "library/python:3.11-slim",
      args: { A: "1" },
    });
    assert.deepEqual(
      registered.filter(({ type }) => !type.startsWith("pulumi:")).map(({ name }) => name),
      ["blog", "blog-base-available", "blog-base", "blog-image"],
    );
    assert.equal(of("blog-base-available").inputs["image"], "nexus.test:8083/library/python:3.11-slim");
    const { imageName, build } = of("blog-image").inputs as {
      imageName: string;
      build: Record<string, unknown>;
    };
    assert.equal(imageName, "gitlab.test:5050/team/blog.app/blog:abc");
    assert.deepEqual(build, {
      context: "app",
      dockerfile: "app/Dockerfile",
      platform: "linux/amd64",
      args: { A: "1", BASE_IMAGE: `nexus.test:8083/library/python:3.11-slim@${digest}` },
    });
    assert.equal(reference, `gitlab.test:5050/team/blog.app/blog@${digest}`);
  });

  it("is built on several bases, each by its digest under its argument's name", async () => {
    const { registered, of } = await imageOf({
      base: "library/python:3",
      bases: { NODE: "library/node:20", TOOLS: "team/x:1" },
    });
    const names = registered.map(({ name }) => name);
    for (const name of ["blog-base", "blog-base-NODE", "blog-base-TOOLS"])
      assert.ok(names.indexOf(`${name}-available`) < names.indexOf(name), name);
    const { args } = of("blog-image").inputs["build"] as { args: Record<string, string> };
    assert.deepEqual(args, {
      BASE_IMAGE: `nexus.test:8083/library/python:3@${digest}`,
      NODE: `nexus.test:8083/library/node:20@${digest}`,
      TOOLS: `nexus.test:8083/team/x:1@${digest}`,
    });
  });

  it("needs no base where its Dockerfile needs none", async () => {
    const { registered, of } = await imageOf({ context: "app" });
    assert.ok(!registered.some(({ name }) => name.startsWith("blog-base")));
    assert.deepEqual((of("blog-image").inputs["build"] as { args: object }).args, {});
  });

  it("is one stage of its Dockerfile where the settings name it, and its bases are of the platform that it is built for", async () => {
    const { of } = await imageOf({ base: "library/node:20", target: "worker" }, "linux/arm64");
    const { platform, target } = of("blog-image").inputs["build"] as Record<string, string>;
    assert.deepEqual([platform, target], ["linux/arm64", "worker"]);
    for (const name of ["blog-base", "blog-base-available"])
      assert.equal(of(name).inputs["platform"], "linux/arm64", name);
    const secrets = { TOKEN: "build-secret" };
    const { inputs } = (await imageOf({ target: "worker", secrets }, "linux/arm/v7")).of("blog-image");
    assert.deepEqual([inputs["platforms"], inputs["target"]], [["linux/arm/v7"], "worker"]);
    assert.ok(
      !("platform" in (await imageOf({ base: "library/node:20" })).of("blog-base").inputs),
      "old states have none",
    );
  });

  it("with secrets is built by buildx, which gives them to the build alone", async () => {
    const secrets = { NPM_TOKEN: "build-secret" };
    const { registered, reference, retained, environments, of } = await imageOf({
      context: "app",
      base: "library/node:20",
      secrets,
    });
    const { type, inputs } = of("blog-image");
    assert.equal(type, "docker-build:index:Image");
    assert.deepEqual(plain(inputs), {
      context: { location: "app" },
      dockerfile: { location: "app/Dockerfile" },
      platforms: ["linux/amd64"],
      buildArgs: { BASE_IMAGE: `nexus.test:8083/library/node:20@${digest}` },
      secrets: { NPM_TOKEN: "build-secret" },
      tags: ["gitlab.test:5050/team/blog.app/blog:abc"],
      push: true,
      exec: true,
      builder: { name: "default" },
      buildOnPreview: false,
      network: "default",
    });
    assert.doesNotMatch(JSON.stringify({ ...inputs, secrets: undefined }), /build-secret/);
    assert.match(
      JSON.stringify(inputs["secrets"]),
      /1b47061264138c4ac30d75fd1eb44270/,
      "it is a secret in the state",
    );
    const { BERTH_BUILDER_HOST, ...tls } = environments["blog-buildx"] as Record<string, string>;
    assert.deepEqual(Object.keys(environments), ["blog-buildx"], "who builds is said to no other plugin");
    assert.equal(BERTH_BUILDER_HOST, "DOCKER_HOST");
    assert.deepEqual(Object.values(tls).sort(), ["DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"]);
    assert.ok(retained.includes("blog-image"), "its plugin deletes images in the registry");
    assert.equal(reference, `gitlab.test:5050/team/blog.app/blog@${digest}`);
    const login = JSON.stringify(of("blog-buildx").inputs);
    assert.match(login, /gitlab\.test:5050/);
    assert.doesNotMatch(JSON.stringify(inputs), /job-password/, "another job's login is no other image");
    assert.ok(!registered.some((one) => one.type === "docker:index/image:Image"));
  });

  it("with an ssh agent is built by buildx, which finds the agent where the build runs", async () => {
    const { inputs, type } = (await imageOf({ context: "app", ssh: true })).of("blog-image");
    assert.equal(type, "docker-build:index:Image");
    assert.deepEqual(
      plain(inputs["ssh"]),
      [{ id: "default" }],
      "no path, which another machine doesn't have",
    );
    assert.ok(!("secrets" in inputs));
    const both = (await imageOf({ ssh: true, secrets: { TOKEN: "x" } })).of("blog-image").inputs;
    assert.deepEqual([plain(both["ssh"]), plain(both["secrets"])], [[{ id: "default" }], { TOKEN: "x" }]);
  });

  it("with a cache says what its layers are of, and takes those of the image before", async () => {
    const buildOf = async (before?: string) =>
      plain(
        (await imageOf({ cache: true, args: { A: "1" } }, undefined, before)).of("blog-image").inputs[
          "build"
        ],
      );
    const first = {
      context: ".",
      dockerfile: "Dockerfile",
      platform: "linux/amd64",
      args: { A: "1", BUILDKIT_INLINE_CACHE: "1" },
    };
    const image = `gitlab.test:5050/team/blog.app/blog@${digest}`;
    assert.deepEqual(await buildOf(), first);
    assert.deepEqual(await buildOf(image), { ...first, cacheFrom: { images: [image] } });
  });

  it("with a cache and what needs buildx has the same of that", async () => {
    const of = async (before?: string) => {
      const { inputs } = (await imageOf({ cache: true, ssh: true }, undefined, before)).of("blog-image");
      const { cacheFrom, cacheTo, buildArgs } = plain(inputs) as Record<string, unknown>;
      return [cacheFrom, cacheTo, buildArgs];
    };
    const image = `gitlab.test:5050/team/blog.app/blog@${digest}`;
    assert.deepEqual(await of(), [undefined, [{ inline: {} }], {}]);
    assert.deepEqual(await of(image), [[{ registry: { ref: image } }], [{ inline: {} }], {}]);
  });
});
