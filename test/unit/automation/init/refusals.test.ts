import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "../../../../automation/terminal/exit";
import {
  changesIn,
  type Files,
  git,
  initIn,
  makeRepository,
  type Run,
  removeRepository,
  writeAll,
} from "./repositories";

const APP = { Dockerfile: "FROM a\nEXPOSE 80\n" };
const REMOTE = "git@gitlab.example.com:team/shop.git";
const PULUMI = "name: shop\nruntime: python\n";

describe("berth init where something is in its way", () => {
  const made: string[] = [];
  const repository = (files: Files, remote: string | undefined = REMOTE, name?: string) => {
    const root = makeRepository(files, remote, name);
    made.push(root);
    return root;
  };
  afterEach(() => {
    for (const root of made.splice(0)) removeRepository(root);
  });

  /** The words and the exit code; nothing may have been written. */
  async function refusal(root: string, run: Run = {}): Promise<string> {
    const before = changesIn(root);
    const error = await initIn(root, run).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof CommandError, String(error));
    assert.deepEqual(changesIn(root), before);
    return `${error.exit} ${error.message.replaceAll(root, "ROOT")}`;
  }

  it("has a folder of its own beside a Pulumi program, under another name, and says what can be combined", async () => {
    const root = repository({
      ...APP,
      "Pulumi.yaml": PULUMI,
      "Pulumi.dev.yaml": "config: {}\n",
      "package.json": "{}",
    });
    const { folder, notices } = await initIn(root);
    assert.equal(folder, "deploy");
    assert.match(readFileSync(join(root, "deploy", "Pulumi.yaml"), "utf8"), /^name: shop-deploy$/m);
    assert.equal(readFileSync(join(root, "Pulumi.yaml"), "utf8"), PULUMI);
    assert.match(
      notices.join("\n"),
      /a folder of its own, deploy\/: there is the Pulumi project shop .* Both can share a backend, not a stack; .* berth\/components/,
    );
  });

  it("has a folder of its own where index.ts is the app's", async () => {
    const root = repository({ ...APP, "package.json": "{}", "index.ts": "x()" });
    const { folder, notices } = await initIn(root);
    assert.equal(folder, "deploy");
    assert.match(
      notices.join(),
      /a folder of its own, deploy\/: there is an index\.ts \(.*\) of the app's own/,
    );
    assert.equal(changesIn(root).length, 3);
  });

  it("is an ES module in a package of these", async () => {
    const { folder, files } = await initIn(repository({ ...APP, "package.json": '{"type":"module"}' }));
    assert.equal(folder, ".");
    assert.match(files.find(({ name }) => name === "index.ts")?.text ?? "", /^export \{ default \}/);
  });

  it("refuses a folder that has another program, and one outside of the repository", async () => {
    const root = repository({ ...APP, "deploy/Pulumi.yaml": PULUMI, "Pulumi.yaml": PULUMI });
    assert.match(
      await refusal(root),
      /^2 deploy can't have .*the Pulumi project shop \(ROOT\/deploy\/Pulumi\.yaml\).*--folder FOLDER$/,
    );
    assert.match(
      await refusal(root, { given: { folder: "../x" } }),
      /^2 --folder \.\.\/x: expected a folder of the repository ROOT$/,
    );
    assert.equal((await initIn(root, { given: { folder: "berth" } })).folder, "berth");
  });

  it("writes what a half-written project lacks, and leaves the rest", async () => {
    const root = repository(APP);
    await initIn(root);
    const mine = "config:\n  berth:apps: {} # mine\n";
    writeAll(root, { "deploy/Pulumi.dev.yaml": mine });
    for (const name of ["deploy/Pulumi.yaml", "deploy/Pulumi.prod.yaml", "deploy/index.ts"])
      rmSync(join(root, name));
    const { files } = await initIn(root);
    const fresh = files.filter(({ action }) => action !== "unchanged").map(({ name }) => name);
    assert.deepEqual(fresh, ["deploy/index.ts", "deploy/Pulumi.prod.yaml", "deploy/Pulumi.yaml"]);
    assert.equal(readFileSync(join(root, "deploy/Pulumi.dev.yaml"), "utf8"), mine);
  });

  it("finds its project from a folder below the repository's top", async () => {
    const root = repository({ ...APP, "src/a": "" });
    await initIn(root, { from: "src" });
    assert.ok(existsSync(join(root, "deploy", "index.ts")) && !existsSync(join(root, "src", "deploy")));
    assert.deepEqual((await initIn(root, { from: "deploy" })).next, []);
  });

  it("says what to write where there is no Dockerfile, for each language that it knows", async () => {
    const signs = {
      Django: "manage.py",
      Rails: "config/application.rb",
      Go: "go.mod",
      "Java with Maven": "pom.xml",
      PHP: "composer.json",
      Python: "requirements.txt",
      Node: "package.json",
    };
    for (const [language, sign] of Object.entries(signs)) {
      const root = repository({ [sign]: "{}" });
      const words = await refusal(root);
      assert.ok(
        words.startsWith(
          "2 There is no Dockerfile in ROOT (nor three folders deep), and Berth builds each app of one. Nothing was written.",
        ),
      );
      assert.match(words, new RegExp(`This looks like ${language} \\(`));
      const [, dockerfile = ""] = words.split("\n\n");
      // It is one that this command takes, base images through Nexus.
      writeAll(root, { Dockerfile: dockerfile });
      const { notices } = await initIn(root);
      assert.deepEqual(
        notices.filter((notice) => /past Nexus/.test(notice)),
        [],
        language,
      );
    }
    assert.match(
      await refusal(repository({ "a.txt": "" })),
      /Write one that ends with EXPOSE .* Then run this again\.$/,
    );
  });

  it("names the options that it needs where there is no remote, or none of a GitLab", async () => {
    const missing =
      "2 The repository doesn't tell, and there is no usual answer: name --gitlab (Address of your GitLab), " +
      "--project (Path of its project, group/name). Nothing was written.";
    for (const remote of [undefined, "git@github.com:team/shop.git", "/srv/git/shop.git"]) {
      const root = makeRepository(APP, remote);
      made.push(root);
      assert.equal(await refusal(root), missing);
    }
  });

  it("takes what GitLab's variables say in a job", async () => {
    const root = makeRepository(APP);
    made.push(root);
    const env = {
      CI_SERVER_URL: "https://git.example.org",
      CI_PROJECT_PATH: "a/b/c",
      CI_REGISTRY: "git.example.org:5005",
    };
    const { files } = await initIn(root, { env });
    assert.match(
      files.find(({ name }) => name.endsWith("dev.yaml"))?.text ?? "",
      /url: https:\/\/git\.example\.org\n +registry: git\.example\.org:5005\n +project: a\/b\/c\n/,
    );
  });

  it("works in a folder with spaces in its path, and with Windows' line ends in all that it reads", async () => {
    const root = repository(
      {
        "my app/Dockerfile": "FROM python:3.12\r\nCOPY go.sum .\r\nEXPOSE 8000\r\n",
        "my app/go.sum": "",
        ".gitlab-ci.yml": "stages: [test, deploy]\r\nunit: { script: a }\r\n",
        ".gitignore": "*.o\r\n",
        "package.json": '{\r\n  "name": "x"\r\n}\r\n',
      },
      REMOTE,
      "my shop",
    );
    const { files } = await initIn(root);
    const text = (name: string) => files.find((file) => file.name === name)?.text ?? "";
    assert.match(text("Pulumi.dev.yaml"), /build: \{ context: my app \}/);
    for (const name of [".gitlab-ci.yml", ".gitignore", "package.json"])
      assert.doesNotMatch(text(name), /[^\r]\n/, name);
  });

  it("refuses values of options that can't be", async () => {
    const root = repository(APP);
    const cases: readonly (readonly [Run["given"], RegExp])[] = [
      [
        { gitlab: "gitlab" },
        /^2 --gitlab gitlab: expected an address like https:\/\/example\.com, got "gitlab"$/,
      ],
      [{ project: "shop" }, /^2 --project shop: expected a project path like group\/name, got "shop"$/],
      [{ registry: "https://x" }, /^2 --registry https:\/\/x: expected host:port of the container registry/],
      [
        { prod: "web1" },
        /^2 --prod web1: expected unix:\/\/\/path, tcp:\/\/host:port or ssh:\/\/user@host, got "web1"$/,
      ],
      [
        { pipeline: "berth" },
        /^2 --pipeline berth: expected PROJECT\/berth@VERSION, or a URL or a path that ends with \.yml/,
      ],
    ];
    for (const [given, words] of cases) assert.match(await refusal(root, { given }), words);
    const unknown = repository({ Dockerfile: "FROM a\n" });
    assert.match(
      await refusal(unknown, { given: { port: "80000" } }),
      /^2 --port 80000: expected a port 1–65535, got 80000$/,
    );
  });

  it("refuses what it can't read, by its path", async () => {
    const broken = { ...APP, "package.json": "{" };
    assert.match(
      await refusal(repository(broken)),
      /^2 ROOT\/package\.json is not valid JSON: .* Repair it, then run this again\.$/,
    );
    const pulumi = { ...APP, "package.json": "{}", "Pulumi.yaml": "a: [" };
    assert.match(
      await refusal(repository(pulumi)),
      /^2 ROOT\/Pulumi\.yaml is not valid YAML: [\s\S]* Repair it, then run this again\.$/,
    );
  });

  it("writes nothing of settings that Berth would refuse", async () => {
    const root = repository({
      "compose.yml": "services:\n  web: { build: ., ports: ['8081:80'] }\n",
      Dockerfile: "FROM a\n",
    });
    assert.match(
      await refusal(root),
      /^1 deploy\/Pulumi\.dev\.yaml would hold settings that Berth refuses:\nberth:apps\.shop\.publish: port 8081 .* already one of Nexus's\nNothing was written\./,
    );
  });

  it("leaves out services that run somebody's image, or one that is built already, and says what they can be", async () => {
    const services =
      "web: { build: . }\n  jobs: { build: . }\n  grafana: { image: 'grafana/grafana:11.1.0' }\n";
    const root = repository({ ...APP, "compose.yaml": `services:\n  ${services}` });
    const { notices } = await initIn(root);
    assert.match(
      notices.join("\n"),
      /jobs is left out: web is built of the same .*, or as an app with imageOf: web$/m,
    );
    assert.match(
      notices.join("\n"),
      /grafana \(grafana\/grafana:11\.1\.0\) is left out\. What speaks HTTP can be an app with image;/,
    );
  });

  it("reads no compose file that is no YAML, and says so", async () => {
    const root = repository({ ...APP, "compose.yaml": "services: [\n" });
    const { notices } = await initIn(root);
    assert.match(notices[0] ?? "", /^compose\.yaml is not valid YAML: /);
  });

  it("needs a repository of git, and says what git said", async () => {
    const root = repository(APP);
    rmSync(join(root, ".git"), { recursive: true });
    await assert.rejects(
      initIn(root),
      /^CommandError: git rev-parse --show-toplevel in .* failed: fatal: not a git repository[\s\S]*Run this in a git repository/,
    );
    git(root, "init", "--quiet");
  });
});
