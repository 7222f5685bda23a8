import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scriptedDocker } from "../../support/docker/scripted-docker";
import { GitlabWeb } from "../../support/gitlab-web";
import { type Reply, scriptedNexus } from "../../support/nexus/scripted-nexus";
import { ProjectCopy } from "../../support/stack/project-copy";
import { pulumiEnvironment } from "../../support/stack/sandbox-pulumi";
import { filesBelow, textsBelow, Watch } from "../../support/stack/watched-run";
import { holds, type Place, places, plantedSecrets, writtenPlaces } from "./planted/places";

/** Is no secret: where it isn't found, nobody has looked. */
const CONTROL = "control-of-the-search";

/** Commands as jobs run them, on a stack with a secret in every kind of place; then everything that they left is searched. */
describe("planted secrets", function () {
  this.timeout(600_000);
  const { words, cores } = plantedSecrets();
  let project: ProjectCopy;
  let gitlab: GitlabWeb;
  let nexus: Awaited<ReturnType<typeof scriptedNexus>>;
  let iid: number;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    gitlab = await new GitlabWeb().start();
    nexus = await scriptedNexus(({ path, method, authorization }): Reply => {
      if (path.endsWith("/swagger.json")) return { status: 200, body: { paths: {} } };
      if (method === "GET" && path.endsWith(`/${CONTROL}`)) return { status: 200, body: { id: CONTROL } };
      if (method === "GET") return { status: path.includes("/users") ? 200 : 404, body: [] };
      if (!path.endsWith("/roles")) return { status: 200, body: {} };
      const [, basic = ""] = authorization!.split(" ");
      const login = Buffer.from(basic, "base64").toString();
      return {
        status: 400,
        body: { ask: CONTROL, login, header: authorization, address: encodeURIComponent(login) },
      };
    });
    project = new ProjectCopy();
    project.edit("index.ts", () =>
      readFileSync(join(__dirname, "planted", "program.ts"), "utf8")
        .replaceAll("../../../../components", "./components")
        .replace(/import type .*places";\n/, "type Words = Record<string, string>;\n"),
    );
    const commit = project.git("rev-parse", "HEAD");
    iid = await gitlab.mergeRequest(commit);
    words.BERTH_GITLAB_TOKEN = cores.BERTH_GITLAB_TOKEN = gitlab.token("berth", { accessLevel: 20 });
    for (const folder of ["tmp", "logs"]) mkdirSync(join(project.directory, folder));
    env = {
      WORDS: JSON.stringify(words),
      CONTROL,
      NEXUS: nexus.url,
      TMPDIR: join(project.directory, "tmp"),
      CI_API_V4_URL: `${gitlab.url}/api/v4`,
      CI_PROJECT_ID: gitlab.project,
      CI_MERGE_REQUEST_IID: String(iid),
      CI_COMMIT_SHA: commit,
      CI_PROJECT_DIR: project.project,
      CI_PIPELINE_ID: "1",
      CI_PIPELINE_URL: `https://gitlab.test/${CONTROL}`,
      GITLAB_USER_LOGIN: CONTROL,
    };
    const ofEnvironment: Place[] = [
      ...(["PULUMI_CONFIG_PASSPHRASE", "BERTH_GITLAB_TOKEN", "CI_JOB_TOKEN"] as const),
      ...(["CI_REGISTRY_PASSWORD", "HUB_PASSWORD"] as const),
    ];
    for (const name of ofEnvironment) env[name] = words[name];
    configure();
  });

  after(async () => {
    project?.remove();
    nexus?.close();
    await gitlab?.stop();
  });

  /** As people do it by hand, but for their settings being read from standard input. */
  function configure(): void {
    const set = (input: string, ...args: string[]) =>
      pulumi(["config", "set", "--secret", "--stack", "dev", ...args], input);
    pulumi(["stack", "init", "dev"]);
    set(words.nexusAdmin, "--path", "berth:nexus.adminPassword");
    set(words.appSecret, "--path", "berth:apps.blog.secrets.KEY");
    set(words.config, "planted:word");
    // They are known as secrets, wherever else they are.
    const known = [...writtenPlaces, "exception", "warning", "console"] as Place[];
    set(JSON.stringify(known.map((place) => words[place])), "planted:known");
  }

  function pulumi(args: string[], input = "", over: NodeJS.ProcessEnv = {}): string {
    const home = join(project.directory, "home");
    const own = { HOME: home, ...pulumiEnvironment(home) };
    const PULUMI_BACKEND_URL = `file://${join(project.directory, "state")}`;
    return execFileSync("pulumi", args, {
      cwd: project.project,
      env: {
        ...process.env,
        PULUMI_BACKEND_URL,
        ...own,
        ...env,
        ...over,
      },
      input,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    });
  }

  /** Every text that people or machines get to see, with the secrets that may stand in it: none, or those of the state. */
  interface Seen {
    readonly where: string;
    readonly text: string;
    /** What the program itself has written there in plain text. */
    readonly but?: readonly Place[];
    /** The control can't get there. */
    readonly bare?: true;
  }

  function assertNoSecret(seen: readonly Seen[]): void {
    const found = seen.flatMap(({ where, text, but = [] }) =>
      places
        .filter((place) => !but.includes(place) && holds(text, cores[place]))
        .map((place) => `${place} in ${where}`),
    );
    assert.deepEqual(found, []);
    const unlooked = seen
      .filter(({ text, bare }) => !bare && !text.includes(CONTROL))
      .map(({ where }) => where);
    assert.deepEqual(unlooked, [], "the control is not there: nothing was looked at");
  }

  interface Wish {
    readonly args: string[];
    readonly code: number;
    /** What the program has put into the stack's outputs in plain text is shown as such. */
    readonly but?: readonly Place[];
    readonly over?: NodeJS.ProcessEnv;
    /** Where it says nothing about the control. */
    readonly bare?: "stdout" | "stderr" | "both";
  }

  /** Runs it, and looks at all that it said and did. */
  async function watched({ args, code, over = {}, bare, but = [] }: Wish): Promise<string> {
    const watch = new Watch(env["TMPDIR"]!);
    const ran = await project.berth(args, { ...env, ...over });
    const { args: seen, files } = watch.end();
    assert.equal(ran.code, code, ran.stderr);
    const name = args.join(" ");
    const isBare = (stream: "stdout" | "stderr") => bare === stream || bare === "both";
    assertNoSecret([
      {
        where: `stdout of ${name}`,
        text: ran.stdout,
        but,
        ...(isBare("stdout") && { bare: true as const }),
      },
      { where: `stderr of ${name}`, text: ran.stderr, ...(isBare("stderr") && { bare: true as const }) },
      { where: `arguments of ${name}`, text: seen, bare: true },
      { where: `temporary files of ${name}`, text: files, bare: true },
      ...stateSeen(),
    ]);
    return seen;
  }

  /** The state, its history, backups, settings: with what a program writes in plain text, the engine can't but do so too. */
  function stateSeen(): Seen[] {
    return filesBelow(join(project.directory, "state")).map((file) => ({
      where: file,
      text: readFileSync(file, "utf8"),
      but: writtenPlaces,
      bare: true,
    }));
  }

  it("are thirty or more, and are found by the search in whatever form", () => {
    assert.ok(places.length >= 30);
    const word = words.environment;
    const basic = (user: string) => Buffer.from(`${user}:${word}`).toString("base64");
    const forms = [
      word,
      JSON.stringify(word),
      encodeURIComponent(word),
      basic("a"),
      basic("ab"),
      basic("abc"),
    ];
    for (const form of forms) assert.ok(holds(`text ${form} text`, cores.environment), form);
    assert.ok(!holds(CONTROL, cores.environment));
  });

  it("are in no note and no file of a preview, nor in what it says", async () => {
    await watched({
      args: ["preview", "dev", "--diff", "--note", "--out", "change", "--verbose"],
      code: 0,
      bare: "stdout",
    });
    await watched({
      args: ["preview", "dev", "--out", "change", "--json", "--verbose"],
      code: 0,
      over: { WRONG: "image" },
    });
    assertNoSecret([...(await notes()), ...artefacts()]);
  });

  it("are nowhere after an up, not in its process arguments, the history or the state either", async () => {
    const args = await watched({ args: ["up", "dev", "--json", "--verbose"], code: 0 });
    assert.ok(
      args.includes(`sleep 0.3; echo created # ${CONTROL}`),
      "the arguments of the run's processes were not looked at",
    );
    assertNoSecret([
      {
        where: "the state",
        text: textsBelow(join(project.directory, "state", ".pulumi", "stacks")),
        but: writtenPlaces,
      },
      {
        where: "the history",
        text: textsBelow(join(project.directory, "state", ".pulumi", "history")),
        but: writtenPlaces,
      },
      {
        where: "the settings",
        text: readFileSync(join(project.project, "Pulumi.dev.yaml"), "utf8"),
        bare: true,
      },
      { where: "the engine's home", text: textsBelow(join(project.directory, "home")), bare: true },
      { where: "the temporary folder", text: textsBelow(join(project.directory, "tmp")), bare: true },
    ]);
  });

  it("are nowhere in what berth logs repeats of an app that writes all that it knows", async () => {
    type Exported = { readonly deployment: { readonly resources: readonly { urn: string; id?: string }[] } };
    const { deployment }: Exported = JSON.parse(pulumi(["stack", "export", "--stack", "dev"]));
    const { id } = deployment.resources.find(({ urn }) => urn.endsWith("::blog-main-container"))!;
    const logged: Place[] = ["nexusAdmin", "appSecret", "config", "environment", "userPassword", "output"];
    const docker = await scriptedDocker({
      state: () => ({ Running: true }),
      exec: () => ({ exitCode: 1, output: "" }),
      // The state lists its id, so that it is the stack's.
      containers: [
        {
          Id: id,
          Names: ["/blog"],
          Image: "i",
          Ports: [],
          State: "running",
          Status: "Up 1 second",
          Created: 0,
          Labels: { "berth.resource": "blog-main-container", "berth.app": "blog" },
        },
      ],
      logs: `2026-11-29T01:02:03.000000004Z ${CONTROL}: ${logged.map((place) => words[place]).join(" ")}\n`,
    });
    const before = readFileSync(join(project.project, "Pulumi.dev.yaml"), "utf8");
    project.edit("Pulumi.dev.yaml", (text) => text.replace(/docker: unix:\S+/g, `docker: ${docker.address}`));
    try {
      await watched({ args: ["logs", "blog", "--stack", "dev"], code: 0, bare: "stderr" });
      await watched({ args: ["logs", "blog", "--stack", "dev", "--json"], code: 0, bare: "stderr" });
    } finally {
      project.edit("Pulumi.dev.yaml", () => before);
      docker.close();
    }
  });

  it("are on no page of the stack, nor in its data, with addresses or without", async () => {
    for (const [at, ...options] of [["page"], ["page-with-addresses", "--addresses"]]) {
      await watched({ args: ["report", "dev", "--out", at!, ...options], code: 0, bare: "both" });
      const page = filesBelow(join(project.project, at!));
      assert.ok(page.length > 0);
      assertNoSecret(page.map((file) => ({ where: file, text: readFileSync(file, "utf8") })));
      await watched({ args: ["report", "dev", "--json", ...options], code: 0, bare: "stderr" });
    }
  });

  it("are nowhere in what other commands say of the stack", async () => {
    await watched({ args: ["outputs", "dev", "--json"], code: 0, but: ["writtenOutput"], bare: "stderr" });
    // Last: this Nexus has no users, and the state has none after it.
    await watched({ args: ["refresh", "dev", "--verbose"], code: 0, bare: "stdout" });
  });

  // Its debug messages are another matter: Pulumi's SDK writes there what it sends, secrets and all. Berth asks for its
  // events by gRPC, where they are in no file, and doesn't read those messages.
  it("are in no event log of the engine, but for its debug messages", () => {
    const log = join(project.directory, "logs", "events.jsonl");
    const over = { CONTROL: `${CONTROL}-2`, PULUMI_DEBUG_COMMANDS: "true" }; // the real one hides the flag otherwise
    const said = pulumi(["preview", "--stack", "dev", "--diff", "--event-log", log], "", over);
    assertNoSecret([
      {
        where: "the event log",
        text: withoutDebugging(readFileSync(log, "utf8")),
        but: [...writtenPlaces, "warning", "console", "exception"],
      },
      {
        where: "what pulumi preview prints",
        text: said,
        but: [...writtenPlaces, "warning", "console", "exception"],
      },
    ]);
  });

  for (const [wrong, words] of [
    ["command", /no login with \*\*\*|no login with \[secret\]/],
    ["nexus", /refused|400/],
    ["exception", /No login \*\*\* for|No login \[secret\] for/],
  ] as const) {
    it(`are nowhere after an up that fails by: ${wrong}`, async () => {
      const over = { WRONG: wrong };
      const watch = new Watch(env["TMPDIR"]!);
      const { code, stdout, stderr } = await project.berth(["up", "dev", "--json"], { ...env, ...over });
      const { args, files } = watch.end();
      assert.equal(code, 1, stderr);
      assert.match(stderr.slice(stderr.indexOf("\nberth: ")), words);
      assertNoSecret([
        { where: "stderr", text: stderr },
        ...[stdout, args, files].map((text) => ({ where: "elsewhere", text, bare: true as const })),
        ...stateSeen(),
      ]);
    });
  }

  it("are nowhere after a preview that fails, which the note says", async () => {
    const over = { WRONG: "exception", CI_PIPELINE_ID: "2" };
    await watched({
      args: ["preview", "dev", "--note", "--debug", "--verbose"],
      code: 1,
      over,
      bare: "stdout",
    });
    const [note, ...others] = await notes();
    assert.match(note!.text, /Out of date/);
    assertNoSecret([note!, ...others]);
  });

  async function notes(): Promise<Seen[]> {
    const headers = { "private-token": words.BERTH_GITLAB_TOKEN };
    const { json } = await gitlab.ask("GET", `/merge_requests/${iid}/notes?sort=asc`, headers);
    const bodies = json as { body: string }[];
    assert.equal(bodies.length, 1);
    return bodies.map(({ body }) => ({ where: "the note", text: body }));
  }

  function artefacts(): Seen[] {
    return filesBelow(join(project.project, "change")).map((file) => ({
      where: file,
      text: readFileSync(file, "utf8"),
      ...(file.endsWith("terraform-report.json") && { bare: true as const }),
    }));
  }
});

function withoutDebugging(events: string): string {
  const lines = events.split("\n").filter((line) => line !== "");
  return lines.filter((line) => JSON.parse(line).diagnosticEvent?.severity !== "debug").join("\n");
}
