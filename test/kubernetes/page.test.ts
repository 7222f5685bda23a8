import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse, stringify } from "yaml";
import { WorkingCopy } from "../../sandbox/demo/working-copy";
import { ensureApiToken } from "../../sandbox/gitlab/access-tokens";
import { defaultPlaces, gitlabDir } from "../../sandbox/lib/places";
import { NEXUS_IMAGE } from "../../sandbox/nexus/build";
import { relay } from "../../sandbox/server/relay";
import { FLUX_NAMESPACE, Flux } from "../support/cluster/flux";
import { type RealCluster, realCluster } from "../support/cluster/real-cluster";
import { freePort } from "../support/free-port";
import { Helm } from "../support/kubernetes/helm";
import { Page } from "../support/page";
import { berth, copy, demo, git, type Ran, root, sandboxEnv, whyNoSandbox } from "../support/stack/sandbox";

const PROJECT = "platform/clusters";
const GITLAB = `http://127.0.0.1:${defaultPlaces.ports.gitlab}`;
const EXAMPLE = "https://gitlab.example.com";
const DOCS = readFileSync(join(root, "docs/kubernetes.md"), "utf8");
const WHO = { NAME: "Ann", EMAIL: "ann@berth.invalid" };

/**
 * docs/kubernetes.md typed from its first command to its last: the sandbox's GitLab, a Nexus of the stack's own, Flux's own controllers
 * and a real node. The reader's checkout is the demo's, whose dev stack runs the blog.
 */
describe("a reader of docs/kubernetes.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-kubernetes-page-"));
  const relays: Server[] = [];
  let cluster: RealCluster | undefined;
  let flux: Flux | undefined;
  let page: Page | undefined;
  let secret = "";

  before(async function () {
    const why =
      whyNoSandbox() ?? (process.env["BERTH_TEST_KUBECONFIG"] && "its nodes don't reach the sandbox's Nexus");
    const found = why || (await realCluster(say));
    if (typeof found === "string") {
      say(`skipped: ${found}`);
      return this.skip();
    }
    cluster = found;
    await developed();
    flux = await Flux.start(cluster, say);
    await theReadersFiles();
    page = new Page("docs/kubernetes.md", "From a stack to pods", copy, await theReadersShell());
  });

  after(async () => {
    try {
      if (page) await typed("npx berth destroy prod --yes");
    } finally {
      page?.remove();
      await flux?.stop();
      await cluster?.stop();
      for (const one of relays) one.close();
      rmSync(folder, { recursive: true });
      if (cluster) assert.equal((await demo("down")).code, 0);
    }
  });

  /** The reader's app runs on dev's servers. */
  async function developed(): Promise<void> {
    const checkout = new WorkingCopy();
    checkout.sync();
    checkout.commitVersion(checkout.nextVersion());
    const up = await berth(["up", "dev"]);
    assert.equal(up.code, 0, up.stderr);
  }

  /** What the page tells the reader to have, with the addresses of this machine. */
  async function theReadersFiles(): Promise<void> {
    const own = ensureApiToken(gitlabDir(defaultPlaces), PROJECT, "ann", { accessLevel: 40 });
    secret = own.token;
    const write = (name: string, text: string) => writeFileSync(join(copy, name), text, { mode: 0o600 });
    write("Pulumi.prod.yaml", await settings());
    write("clusters.env", `username=ann\npassword=${secret}\n`);
    const [, rule = ""] = /`(\{ apiGroups: \[""\], resources: \[secrets\].*?\})`/.exec(DOCS) ?? [];
    const role = parse(block("yml", "the account's role"));
    write("role.yaml", stringify({ ...role, rules: [...role.rules, parse(rule)] }));
    for (const name of ["git-repository.yaml", "helm-release.yaml"]) {
      const file = join("examples", "flux", name);
      write(file, readFileSync(join(root, file), "utf8").replace(EXAMPLE, GITLAB));
    }
    mkdirSync(join(copy, "node_modules", ".bin"), { recursive: true });
    symlinkSync("../../automation/berth.cjs", join(copy, "node_modules", ".bin", "berth"));
  }

  /** The page's settings, with this machine's image and ports; the node reaches these by its own end of the cable. */
  async function settings(): Promise<string> {
    const { config } = parse(block("yaml", "Pulumi.prod.yaml"));
    const [port, releases, docker] = await Promise.all([freePort(), freePort(), freePort()]);
    const here = { hostname: "127.0.0.1", image: NEXUS_IMAGE, memory: 1536, port, allowDataLoss: true };
    const repositories = {
      releases: { port: releases },
      docker: { port: docker },
      cache: false,
      gitlab: false,
    };
    config["berth:nexus"] = { ...here, repositories };
    config["berth:gitlab"] = { url: GITLAB, registry: "127.0.0.1:5050", project: "team/blog" };
    const { gitops } = config["berth:apps"].blog;
    gitops.cluster = { namespace: "blog", deployment: "blog-web", pullSecret: "nexus", timeout: 600 };
    for (const one of [releases, docker]) {
      const from = { address: cluster!.hostAddress, port: one };
      relays.push(await relay({ from, to: { address: "127.0.0.1", port: one } }));
      cluster!.allowPlainHttp(`127.0.0.1:${one}`, `${from.address}:${one}`);
    }
    return stringify({ config });
  }

  /** Nothing of the tests' own, but where the sandbox's Pulumi is. */
  async function theReadersShell(): Promise<NodeJS.ProcessEnv> {
    const { GIT_CONFIG_COUNT: _, CI: __, ...sandbox } = sandboxEnv();
    const helm = await Helm.get();
    const path = [cluster?.kubectlFolder, helm.folder, sandbox["PATH"]].filter(Boolean).join(delimiter);
    const login = new URL(GITLAB);
    [login.username, login.password] = ["ann", secret];
    writeFileSync(join(folder, "logins"), `${login.href}\n`, { mode: 0o600 });
    const git = { COUNT: "1", KEY_0: "credential.helper", VALUE_0: `store --file=${join(folder, "logins")}` };
    const who = ["AUTHOR", "COMMITTER"].flatMap((role) =>
      Object.entries(WHO).map(([what, value]) => [`GIT_${role}_${what}`, value]),
    );
    return {
      ...sandbox,
      ...Object.fromEntries([
        ...Object.entries(git).map(([key, value]) => [`GIT_CONFIG_${key}`, value]),
        ...who,
      ]),
      PATH: path,
      KUBECONFIG: cluster?.kubeconfig,
      BERTH_GITOPS_TOKEN: secret,
    };
  }

  async function typed(commands: string): Promise<Ran> {
    const ran = await page!.type(commands.replaceAll(EXAMPLE, GITLAB));
    assert.equal(ran.code, 0, `${commands}\n${ran.stdout}\n${ran.stderr}\n${flux?.log("helm-controller")}`);
    assert.ok(!`${ran.stdout}${ran.stderr}`.includes(secret), "the token is told");
    return ran;
  }

  async function types(heading: string, between: () => void = () => undefined): Promise<string> {
    let said = "";
    for (const commands of page!.commands.get(heading) ?? assert.fail(`no "${heading}"`)) {
      const { stdout, stderr } = await typed(commands);
      said += stdout + stderr;
      between();
    }
    return said;
  }

  const images = () =>
    cluster!.kubectl(
      "get",
      "pods",
      "-n",
      "blog",
      "-l",
      "app.kubernetes.io/component=web",
      "-o",
      "jsonpath={.items[*].spec.containers[*].image}",
    );
  const released = async () =>
    JSON.parse((await typed("npx berth outputs prod --json")).stdout).apps.blog.release.digest as string;

  it("finds no command that isn't typed here", () => {
    assert.deepEqual(
      [...page!.commands].filter(([, blocks]) => blocks.length > 0).map(([heading]) => heading.split(".")[0]),
      ["1", "2", "3", "4", "5"],
    );
    const [outside] = DOCS.split("## From a stack to pods");
    assert.doesNotMatch(`${outside}${DOCS.split("## The token")[1]}`, /^```sh$/m);
  });

  it("comes to a cluster that follows a project", async () => {
    await types("1. The project that the cluster follows", () => {
      writeFileSync(join(copy, "clusters", "prod", "blog", "values.yaml"), values());
    });
    await types("2. The cluster");
    const ready = ["wait", "--for=condition=Ready", "gitrepository/clusters", "--timeout=120s"];
    await cluster!.kubectl(...ready, "--namespace", FLUX_NAMESPACE);
  });

  it("promotes what dev runs, until the pods run it", async () => {
    await types("3. Berth's account");
    const said = await types("4. The first release");
    assert.match(said, /blog waits for its first release/);
    assert.match(said, /blog\/blog-web +running +2 of 2 ready/);
    const digest = await released();
    assert.ok((await images()).split(" ").every((image) => image.endsWith(`@${digest}`)));
  });

  it("promotes the next one, and goes back by digest", async () => {
    const first = await released();
    writeFileSync(join(copy, "app", "VERSION"), "3.0.0\n");
    git("commit", "--all", "--quiet", "--message", "Version 3.0.0");
    await types("5. The next one, and the way back");
    assert.equal(await released(), first);
    assert.ok((await images()).includes(`@${first}`));
    const repository = join(gitlabDir(defaultPlaces), "git", `${PROJECT}.git`);
    const log = execFileSync("git", ["-C", repository, "log", "--format=%s", "main"], { encoding: "utf8" });
    const subjects = log.trim().split("\n");
    assert.equal(subjects.length, 4);
    assert.ok(
      subjects.slice(0, 3).every((subject) => /^Release blog \w+ to prod$/.test(subject)),
      log,
    );
  });
});

const say = (text: string) => console.log(`  ${text}`);

/** A block of the page, by its first line. */
function block(language: string, title: string): string {
  const found = new RegExp(`^\`\`\`${language}\n(# ${title}\n[\\s\\S]*?)^\`\`\``, "m").exec(DOCS)?.[1];
  return found ?? assert.fail(`no block "${title}"`);
}

/** The page's values for the sample app: it has no worker and no secrets, and keeps its data in a folder. */
function values(): string {
  const all = parse(block("yaml", "prod/blog/values.yaml"));
  const web = { ...all.processes.web, health: { path: "/healthz" } };
  return stringify({ ...all, processes: { web }, volumes: { "/data": { emptyDir: {} } } });
}
