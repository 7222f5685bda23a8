import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gitlabOf } from "../../../../automation/init/git-repository";
import { type Ask, findNexus, findRegistry, glance } from "../../../../automation/init/probe-servers";
import { sshHosts } from "../../../../automation/init/ssh-hosts";
import { initIn, makeRepository, removeRepository } from "./repositories";

describe("the GitLab project behind a git remote", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["git@gitlab.example.com:team/shop.git", "https://gitlab.example.com team/shop"],
    ["gitlab.example.com:team/sub/shop", "https://gitlab.example.com team/sub/shop"],
    ["ssh://git@gitlab.example.com:2222/team/shop.git/", "https://gitlab.example.com team/shop"],
    [
      "https://oauth2:secret@gitlab.example.com:8443/team/shop.git",
      "https://gitlab.example.com:8443 team/shop",
    ],
    ["http://127.0.0.1:8929/team/my%20shop.git", "http://127.0.0.1:8929 team/my shop"],
    ["https://gitlab.com/team/shop", "https://gitlab.com team/shop"],
    ["git@github.com:team/shop.git", undefined],
    ["https://dev.azure.com/team/shop/_git/shop", undefined],
    ["https://gitlab.example.com/shop.git", undefined],
    ["/srv/git/shop.git", undefined],
    ["../shop", undefined],
    ["C:\\git\\shop", undefined],
    ["C:/git/shop", undefined],
    ["file:///srv/git/shop.git", undefined],
  ];
  for (const [remote, expected] of cases)
    it(`of ${remote} is ${expected ?? "none"}`, () => {
      const found = gitlabOf(remote);
      assert.equal(found && `${found.url} ${found.project}`, expected);
    });
});

describe("the machines of ~/.ssh/config", () => {
  it("are suggested as Docker addresses, without patterns and git's servers", () => {
    const home = mkdtempSync(join(tmpdir(), "berth-home-"));
    mkdirSync(join(home, ".ssh"));
    const config = [
      "Host web1\n  HostName web1.example.com\n  User deploy # not a comment to ssh\n",
      "Host=db\n\tHostname = 10.0.0.7\n\tport 2222\n",
      "host gitlab.example.com\n  User git\nHost github.com\nHost *.internal\nHost a b\nHost bastion\nMatch user x\n  HostName y.example.com\nHost *\n  User root\n",
    ].join("\r\n");
    writeFileSync(join(home, ".ssh", "config"), config.replace(" # not a comment to ssh", ""));
    assert.deepEqual(sshHosts(home), [
      "ssh://deploy@web1.example.com",
      "ssh://10.0.0.7:2222",
      "ssh://bastion",
    ]);
    rmSync(home, { recursive: true });
    assert.deepEqual(sshHosts(home), []);
  });
});

describe("servers that are asked whether they are there", () => {
  let server: Server;
  let asked: string[] = [];
  /** Every address leads to the server here, which knows by its path whom it plays. */
  const ask: Ask = (url) => {
    asked.push(url);
    const { port } = server.address() as AddressInfo;
    const { host, pathname } = new URL(url);
    return glance(`http://127.0.0.1:${port}/${host}${pathname}`);
  };
  before((done) => {
    const realm = 'Bearer realm="https://gitlab.example.com/jwt/auth",service="container_registry"';
    server = createServer(({ url }, response) => {
      if (url === "/gitlab.example.com:5050/v2/") response.writeHead(401, { "www-authenticate": realm });
      else if (url === "/registry.example.com/v2/")
        response.writeHead(401, { "www-authenticate": 'Basic realm="x"' });
      else if (url === "/nexus.example.com/service/rest/v1/status")
        response.writeHead(200, { server: "Nexus/3.94.0 (COMMUNITY)" });
      else if (url === "/127.0.0.1:8081/service/rest/v1/status") response.writeHead(200, { server: "Jetty" });
      else response.writeHead(404);
      response.end();
    }).listen(0, "127.0.0.1", done);
  });
  beforeEach(() => {
    asked = [];
  });
  after(() => server.close());

  it("are GitLab's registry only where it sends clients to that GitLab", async () => {
    assert.equal(await findRegistry("https://gitlab.example.com", ask), "gitlab.example.com:5050");
    assert.equal(await findRegistry("https://gitlab.other.com", ask), undefined);
    assert.deepEqual(asked.slice(-3), [
      "https://registry.other.com/v2/",
      "https://registry.gitlab.other.com/v2/",
      "https://gitlab.other.com:5050/v2/",
    ]);
  });

  it("are a Nexus only where they say that they are one", async () => {
    const found = await findNexus("https://gitlab.example.com", true, ask);
    assert.deepEqual(found, { url: "https://nexus.example.com", server: "Nexus/3.94.0 (COMMUNITY)" });
    assert.deepEqual(asked, [
      "http://127.0.0.1:8081/service/rest/v1/status",
      "https://nexus.example.com/service/rest/v1/status",
    ]);
    assert.equal(await findNexus("https://gitlab.other.com", false, ask), undefined);
  });

  it("are none where nobody answers", async () => {
    assert.equal(await glance("http://127.0.0.1:1/"), undefined);
  });
});

describe("settings of what was found", () => {
  const made: string[] = [];
  after(() => made.forEach(removeRepository));
  const textsOf = async (run: Parameters<typeof initIn>[1]) => {
    const root = makeRepository(
      { Dockerfile: "FROM a\nEXPOSE 80\n" },
      "git@gitlab.example.com:team/shop.git",
    );
    made.push(root);
    const { files, notices } = await initIn(root, run);
    const text = (name: string) =>
      files.find((file) => file.name === `deploy/Pulumi.${name}.yaml`)?.text ?? "";
    return { dev: text("dev"), prod: text("prod"), notices: notices.join("\n") };
  };

  it("have the Docker that DOCKER_HOST names, with https in front of a Nexus on another machine", async () => {
    const { dev, prod } = await textsOf({ env: { DOCKER_HOST: "ssh://deploy@box.example.com" } });
    assert.match(
      dev,
      /docker: ssh:\/\/deploy@box\.example\.com .*\n.*\n +hostname: box\.example\.com .*\n +bind: 0\.0\.0\.0 .*\n +tls: \{ certificates: own, port: 8081, redirectFrom: false \}/,
    );
    assert.match(
      prod,
      /tls: \{ certificates: own, port: 9081, .*\n +repositories:\n +releases: \{ port: 9082 \}/,
    );
  });

  it("have certificates for a Docker behind TLS, and none of a DOCKER_HOST that settings can't have", async () => {
    const { dev } = await textsOf({
      env: { DOCKER_HOST: "tcp://box.example.com:2376", DOCKER_CERT_PATH: "/c" },
    });
    assert.match(dev, /docker: tcp:\/\/box\.example\.com:2376\?certificates=\/c/);
    const { dev: usual, notices } = await textsOf({ env: { DOCKER_HOST: "npipe:////./pipe/docker" } });
    assert.doesNotMatch(usual, /npipe/);
    assert.match(notices, /DOCKER_HOST=npipe:.* is no address that settings can have/);
  });

  it("have prod on a machine of its own, with the usual ports, and no machine that nobody chose", async () => {
    const { dev, prod } = await textsOf({ given: { prod: "ssh://deploy@web1.example.com:2222" } });
    assert.match(prod, /hostname: web1\.example\.com /);
    assert.match(prod, /publish: 8080 /);
    assert.doesNotMatch(prod, /9082|beside dev/);
    assert.doesNotMatch(dev, /web1/);
  });

  it("have other ports than a Nexus that is on this machine already, and say so", async () => {
    const ask: Ask = async (url) =>
      url === "http://127.0.0.1:8081/service/rest/v1/status"
        ? { status: 200, headers: { server: "Nexus/3.71.0 (OSS)" }, text: "" }
        : undefined;
    const { dev, prod, notices } = await textsOf({ ask });
    assert.match(
      dev,
      /port: 9081 .*\n +repositories:\n +releases: \{ port: 9082 \}\n +docker: \{ port: 9083 \}\n +cache: \{ port: 9084 \}/,
    );
    assert.match(prod, /port: 10081 /);
    assert.match(
      notices,
      /http:\/\/127\.0\.0\.1:8081 is a Nexus already \(Nexus\/3\.71\.0 \(OSS\)\)\. It stays as it is/,
    );
  });
});

describe("what berth init says of a build that would be given more than the app", () => {
  const made: string[] = [];
  after(() => made.forEach(removeRepository));
  const said = async (ignored: string | undefined, files: Record<string, string> = {}) => {
    const all = {
      Dockerfile: "FROM a\nCOPY . .\nEXPOSE 1\n",
      ...files,
      ...(ignored !== undefined && { ".dockerignore": ignored }),
    };
    const root = makeRepository(all, "git@gitlab.example.com:team/shop.git");
    made.push(root);
    return (await initIn(root)).notices.filter((notice) => notice.includes(".dockerignore"));
  };

  it("is what to list in .dockerignore, where that isn't there yet", async () => {
    const words =
      "shop: its Dockerfile copies its whole context. List deploy in .dockerignore, or they get into the image";
    assert.deepEqual(await said(undefined), [words]);
    assert.deepEqual(await said("*.md\r\n/deploy/\r\n"), []);
    assert.match(
      (await said("x", { "package.json": "{}" })).join(),
      /List node_modules and Pulumi\*\.yaml in \.dockerignore/,
    );
    assert.deepEqual(await said("**/node_modules", { "package.json": "{}" }), []);
  });

  it("is the same where the Dockerfile copies a part of it alone, and nothing where the project lies beside the context", async () => {
    const part = { Dockerfile: "FROM a\nCOPY Dockerfile /\nEXPOSE 1\n" };
    const words =
      "shop: its context is the whole repository. List deploy in .dockerignore, or each build sends them along";
    assert.deepEqual(await said(undefined, part), [words]);
    assert.deepEqual(await said("deploy", part), []);
    const app = { "app/Dockerfile": "FROM a\nCOPY . .\nEXPOSE 1\n" };
    const beside = makeRepository(app, "git@gitlab.example.com:team/shop.git");
    made.push(beside);
    const { notices } = await initIn(beside);
    assert.doesNotMatch(notices.join("\n"), /dockerignore/);
  });
});

describe("what berth init says of the lock file", () => {
  const made: string[] = [];
  after(() => made.forEach(removeRepository));
  const initialised = (files: Record<string, string>) => {
    const all = { Dockerfile: "FROM a\nCOPY Dockerfile /\nEXPOSE 1\n", ...files };
    const root = makeRepository(all, "git@gitlab.example.com:team/shop.git");
    made.push(root);
    return initIn(root);
  };
  const about = (notices: readonly string[]) => notices.filter((notice) => notice.includes("ignored by git"));

  it("is that it belongs into the commit, beside the command that writes it", async () => {
    const { next, notices } = await initialised({ "package.json": "{}", "pnpm-lock.yaml": "" });
    assert.ok(next.includes("pnpm install # pnpm-lock.yaml belongs into the commit: jobs install from it"));
    assert.deepEqual(about(notices), []);
    const { next: elsewhere } = await initialised({});
    assert.ok(
      elsewhere.includes("npm install # package-lock.json belongs into the commit: jobs install from it"),
    );
  });

  it("is where git is told to ignore it, as no job could install then", async () => {
    const words = (path: string) =>
      `${path} is ignored by git, and every job of the pipeline installs from it. Commit it: the line that ignores it is told by ` +
      `git check-ignore --verbose ${path}`;
    const { notices } = await initialised({ ".gitignore": "package-lock.json\n" });
    assert.deepEqual(about(notices), [words("deploy/package-lock.json")]);
    const { notices: atTop } = await initialised({ "package.json": "{}", ".gitignore": "*-lock.json\n" });
    assert.deepEqual(about(atTop), [words("package-lock.json")]);
  });
});
