import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSettings, type SettingsError } from "../../../components/settings/settings";
import { problemsOf } from "../../support/settings-problems";

const least = { port: 8000, publish: 80, servers: ["web1"] };
const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
const gitlab = { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" };
const files = { certificate: "a.pem", key: "b.pem", ca: "c.pem" };

describe("what settings name on this machine", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "berth-places-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function problems(over: Record<string, unknown>, where: string | null = root): readonly string[] {
    const raw = {
      nexus: { hostname: "nexus.test", eula: "accepted" },
      gitlab,
      servers: { web1: { docker: "unix:///x", address: "web1" } },
      apps: {},
      ...over,
    };
    return problemsOf(() => parseSettings(raw, { root: where ?? undefined }));
  }

  it("is told in one list with all other mistakes, those of a field and those between fields", () => {
    writeFileSync(join(root, "file"), "");
    mkdirSync(join(root, "folder"));
    assert.deepEqual(
      problems({
        nexus: { hostname: "http://nexus.local", eula: "accepted", port: 70000 },
        servers: {
          web1: { docker: "unix:///x", address: "web1:80" },
          web2: { docker: "unix:///y", address: "web2" },
        },
        apps: {
          one: { ...least, servers: ["web2", "moon"], build: { context: "nope" } },
          two: { ...least, servers: ["web2"], build: { context: "file" } },
          three: {
            ...least,
            publish: 81,
            servers: ["web2"],
            build: { context: "folder", caBundle: "ca.crt" },
          },
        },
      }),
      [
        'berth:nexus.hostname: expected a host name or address, without http:// and without a port, got "http://nexus.local"',
        "berth:nexus.port: expected a port 1–65535, got 70000",
        'berth:servers.web1.address: expected a host name or address, without http:// and without a port, got "web1:80"',
        'berth:apps.one.servers: expected one of web2, got "moon"',
        "berth:apps.two.publish: port 80 of server web2 is already apps.one.publish",
        "berth:apps.one.build.context: there is no folder nope",
        "berth:apps.two.build.context: file is a file, no folder",
        "berth:apps.three.build.caBundle: there is no file ca.crt",
        "berth:apps.three.build.dockerfile: there is no file folder/Dockerfile",
      ],
    );
  });

  it("names no mistake that is only another's consequence", () => {
    const server = { docker: "nowhere", address: "web1" };
    assert.deepEqual(problems({ servers: { web1: server }, apps: { one: { ...least, release } } }), [
      'berth:servers.web1.docker: expected unix:///path, tcp://host:port or ssh://user@host, got "nowhere"',
    ]);
    const built = { ...least, build: "app" };
    assert.deepEqual(problems({ servers: null, apps: { one: built } }), [
      "berth:servers: expected servers by name, got nothing",
      "berth:apps.one.build: expected settings by name, got a text",
    ]);
    const nexus = {
      hostname: "nexus.test",
      eula: "accepted",
      port: "x",
      repositories: {
        tools: { type: "hosted", port: 8081, blobStore: "big" },
        all: { type: "group", members: ["jars"] },
        jars: { format: "maven", type: "x" },
      },
    };
    assert.deepEqual(
      problems({ nexus }).map((line) => line.split(": ")[0]),
      [
        "berth:nexus.repositories.jars.type",
        "berth:nexus.port",
        "berth:nexus.repositories.tools.blobStore",
      ].sort(),
    );
  });

  it("is looked for where settings need it: certificates of both proxies, and of Nexus's trust", () => {
    const tls = { proxy: "nginx", certificates: files };
    assert.deepEqual(
      problems({
        nexus: { hostname: "nexus.test", eula: "accepted", tls, certificates: { ours: "ours.pem" } },
        servers: {
          web1: { docker: "unix:///x", address: "web1", tls: { ...tls, redirectFrom: false } },
          web2: {
            docker: "unix:///y",
            address: "web2.test",
            tls: { certificates: "acme", directory: "https://acme.test", directoryCa: "d.pem" },
          },
        },
      }),
      [
        ...[
          "certificate: there is no file a.pem",
          "key: there is no file b.pem",
          "ca: there is no file c.pem",
        ].map((one) => `berth:nexus.tls.certificates.${one}`),
        "berth:nexus.certificates.ours: there is no file ours.pem",
        ...[
          "certificate: there is no file a.pem",
          "key: there is no file b.pem",
          "ca: there is no file c.pem",
        ].map((one) => `berth:servers.web1.tls.certificates.${one}`),
        "berth:servers.web2.tls.directoryCa: there is no file d.pem",
      ],
    );
  });

  it("has the stage that is to be the image", () => {
    writeFileSync(join(root, "Dockerfile"), "FROM a AS web\nFROM web AS worker\n");
    const apps = (target: string) => ({ apps: { one: { ...least, build: { context: root, target } } } });
    const at = (target: string) => problems(apps(target));
    assert.deepEqual(at("web"), []);
    assert.deepEqual(at("wroker"), [
      "berth:apps.one.build.target: the Dockerfile has no stage wroker: it has web, worker",
    ]);
  });

  it("mounts each secret of the build, whichever way that is written", () => {
    const secrets = { NPM_TOKEN: "x", "pip.conf": "y" };
    const at = (...lines: string[]) => {
      writeFileSync(join(root, "Dockerfile"), ["FROM a AS one", ...lines, "FROM a", ""].join("\n"));
      return problems({ apps: { one: { ...least, build: { context: root, secrets } } } });
    };
    const never = (id: string) =>
      `berth:apps.one.build.secrets.${id}: no command of the Dockerfile mounts it: write RUN --mount=type=secret,id=${id} before the command that needs it, or take it out`;
    const npm = 'RUN --mount=type=cache,target=/x --mount="type=secret,id=NPM_TOKEN,required=true" npm ci';
    assert.deepEqual(at(npm, "RUN --mount=TYPE=Secret,Target=/etc/pip.conf \\", "  pip install x"), []);
    assert.deepEqual(at(npm), [never("pip.conf")]);
    assert.deepEqual(at("RUN --mount=type=bind,id=NPM_TOKEN,target=/x cat /run/secrets/NPM_TOKEN"), [
      never("NPM_TOKEN"),
      never("pip.conf"),
    ]);
    assert.deepEqual(at("ARG ID", "RUN --mount=type=secret,id=$ID cat /run/secrets/$ID"), [], "nobody knows");
  });

  it("mounts the ssh agent of the build", () => {
    const at = (...lines: string[]) => {
      writeFileSync(join(root, "Dockerfile"), ["FROM a AS one", ...lines, "FROM a", ""].join("\n"));
      return problems({ apps: { one: { ...least, build: { context: root, ssh: true } } } });
    };
    const never = [
      "berth:apps.one.build.ssh: no command of the Dockerfile mounts it: write RUN --mount=type=ssh (its id is default) before the command that needs it, or take it out",
    ];
    assert.deepEqual(at("RUN --mount=type=ssh git clone ssh://git@gitlab.test/team/lib"), []);
    assert.deepEqual(at('RUN --mount="TYPE=ssh,required=true" --mount=type=cache,target=/x npm ci'), []);
    assert.deepEqual(at("RUN --mount=type=ssh,id=default npm ci"), []);
    assert.deepEqual(at("RUN --mount=type=ssh,id=github npm ci"), never, "an agent that nobody gives");
    assert.deepEqual(at("RUN --mount=type=secret,id=default npm ci"), never);
    assert.deepEqual(at("ARG ID", "RUN --mount=type=ssh,id=$ID npm ci"), [], "nobody knows");
  });

  it("is not looked for where nothing is built, and where only settings are asked for", () => {
    const build = { context: "nope" };
    assert.deepEqual(problems({ apps: { one: { ...least, build, release } } }), []);
    assert.deepEqual(problems({ apps: { one: { ...least, build, release: "none" } } }), []);
    assert.deepEqual(problems({ apps: { one: { ...least, build } } }, null), []);
  });
});

describe("a name or an address", () => {
  const nexus = (over: Record<string, unknown>) => ({ hostname: "nexus.test", eula: "accepted", ...over });
  /** Each a part of the settings, and what is wrong with it. */
  const MISTAKES: readonly (readonly [path: string, settings: Record<string, unknown>, expected: RegExp])[] =
    [
      [
        "nexus.hostname",
        { nexus: nexus({ hostname: "nexus.test:8081" }) },
        /host name or address, without http:\/\//,
      ],
      ["nexus.hostname", { nexus: nexus({ hostname: "nexus.test/" }) }, /host name or address/],
      ["nexus.hostname", { nexus: nexus({ hostname: "::1" }) }, /host name or address/],
      ["nexus.bind", { nexus: nexus({ bind: "nexus.test" }) }, /an IP address/],
      ["nexus.image", { nexus: nexus({ image: "https://hub.test/nexus3" }) }, /an image name/],
      ["nexus.image", { nexus: nexus({ image: "Sonatype/Nexus3" }) }, /an image name/],
      [
        "nexus.outboundHttp.httpProxy.host",
        { nexus: nexus({ outboundHttp: { httpProxy: { host: "http://proxy", port: 1 } } }) },
        /host name/,
      ],
      [
        "nexus.repositories.releases.subdomain",
        { nexus: nexus({ repositories: { releases: { subdomain: "a.b" } } }) },
        /a subdomain, one word/,
      ],
      ["nexus.tls.email", { nexus: nexus({ tls: { certificates: "own", email: "ops" } }) }, /a mail address/],
      [
        "servers.web1.tls.image",
        {
          servers: {
            web1: { docker: "unix:///x", address: "w", tls: { certificates: "own", image: "A B" } },
          },
        },
        /an image name/,
      ],
      [
        "gitlab.registry",
        { gitlab: { ...gitlab, registry: "https://gitlab.test:5050" } },
        /host:port of the container registry, without https:/,
      ],
      [
        "apps.one.build.base",
        { apps: { one: { ...least, build: { base: "https://hub.test/python" } } } },
        /an image like/,
      ],
      [
        "apps.one.build.platform",
        { apps: { one: { ...least, build: { platform: "windows/amd64" } } } },
        /a platform like linux\/arm64/,
      ],
      [
        "apps.one.build.target",
        { apps: { one: { ...least, build: { target: "a stage" } } } },
        /the name of a stage/,
      ],
      [
        "apps.one.build.bases.NODE",
        { apps: { one: { ...least, build: { bases: { NODE: "library/Node" } } } } },
        /an image like/,
      ],
      [
        "apps.one.build.bases.A-B",
        { apps: { one: { ...least, build: { bases: { "A-B": "library/node" } } } } },
        /a build argument's name/,
      ],
      [
        "apps.one.release.from",
        { apps: { one: { ...least, release: { ...release, from: "a b" } } } },
        /a stack like dev/,
      ],
    ];
  for (const [path, settings, expected] of MISTAKES) {
    it(`is a mistake where it is another thing: ${path}, ${JSON.stringify(settings).length} characters`, () => {
      const raw = {
        nexus: nexus({}),
        gitlab,
        servers: { web1: { docker: "unix:///x", address: "web1" } },
        apps: {},
        ...settings,
      };
      assert.throws(
        () => parseSettings(raw),
        ({ problems: [only, ...more] }: SettingsError) =>
          only!.startsWith(`berth:${path}: expected`) && expected.test(only!) && more.length === 0,
      );
    });
  }

  it("is fine in the forms that there are", () => {
    for (const hostname of ["nexus", "nexus.test", "10.0.0.5", "[fd00::1]", "host_name", "a-b.c"])
      assert.doesNotThrow(() =>
        parseSettings({ nexus: { hostname, eula: "accepted", bind: "::" }, gitlab, servers: {}, apps: {} }),
      );
  });
});

describe("a project of GitLab", () => {
  const settings = (project: string, apps: unknown = { one: { ...least, release } }) =>
    parseSettings({
      nexus: { hostname: "nexus.test", eula: "accepted" },
      gitlab: { ...gitlab, project },
      apps,
      servers: { web1: { docker: "unix:///x", address: "web1" } },
    });

  it("is kept as GitLab's API has it", () => {
    assert.equal(settings("Team/Blog.App").gitlab.project, "Team/Blog.App");
  });

  it("is a mistake where no image's name can begin with it, as long as there are images", () => {
    for (const project of [
      "team/-blog",
      "team/blog..app",
      "team/_blog",
      "team/blog-_app",
      "té/blog",
      "team/blog___app",
    ]) {
      assert.throws(
        () => settings(project),
        /berth:gitlab\.project: expected a project whose path an image's name can begin with, got/,
        project,
      );
      assert.doesNotThrow(() => settings(project, {}));
    }
  });
});
