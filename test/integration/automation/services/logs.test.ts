import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tarOf } from "../../../../components/docker/tar";
import { type DockerScript, scriptedDocker } from "../../../support/docker/scripted-docker";
import { ProjectCopy } from "../../../support/stack/project-copy";
import { run } from "../../../support/stack/sandbox";

const TIME = "2026-11-29T01:02:03.000000004Z";
const SECRETS = ["s3cret-of-settings", "g3nerated-one", "t0ken-of-app", "t0ken-of-job"];
const LOG = `${TIME} begun\n${TIME} has ${SECRETS.join(" and ")}\n`;
const mark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

/** In place of the engine: it tells secrets to who has the passphrase, and notes what it is asked. */
const ENGINE = `#!/bin/sh
echo "$*" >>FOLDER/asked
case "$*" in *--show-secrets*) [ "$PULUMI_CONFIG_PASSPHRASE" = right ] || { echo "error: incorrect passphrase" >&2; exit 255; } ;; esac
case "$*" in
config*) cat FOLDER/config.json ;;
*--show-secrets*) cat FOLDER/plain.json ;;
*) cat FOLDER/sealed.json ;;
esac
`;

/** The command itself, with a Docker and an engine that are scripts. */
describe("berth logs", () => {
  let project: ProjectCopy;
  let engine: string;
  before(() => {
    project = new ProjectCopy();
    engine = join(project.directory, "engine");
    mkdirSync(engine);
    writeFileSync(join(engine, "pulumi"), ENGINE.replaceAll("FOLDER", engine));
    chmodSync(join(engine, "pulumi"), 0o755);
    project.edit("Pulumi.dev.yaml", (text) =>
      text.replace("      port: 8000\n", "      port: 8000\n      secrets: { KEY: { secure: v1:abc } }\n"),
    );
    const identity = {
      urn: "urn:pulumi:dev::berth::pulumi-nodejs:dynamic/stack:Identity::identity",
      type: "pulumi-nodejs:dynamic/stack:Identity",
      id: "our-stack",
      outputs: { owner: "127.0.0.1:8929/team/blog" },
    };
    const random = (result: object) => ({
      urn: "urn:pulumi:dev::berth::random::r",
      type: "random",
      inputs: {},
      outputs: { result: { ...mark, ...result } },
    });
    const answers = {
      config: { "berth:apps": { value: JSON.stringify({ blog: { secrets: { KEY: SECRETS[0] } } }) } },
      plain: { deployment: { resources: [identity, random({ plaintext: JSON.stringify(SECRETS[1]) })] } },
      sealed: { deployment: { resources: [identity, random({ ciphertext: "v1:xyz" })] } },
    };
    for (const [name, answer] of Object.entries(answers))
      writeFileSync(join(engine, `${name}.json`), JSON.stringify(answer));
  });
  after(() => project.remove());

  const container = (resource: string, labels: object = {}) => ({
    Id: `id-of-${resource}`,
    Names: [`/${resource}`],
    Image: "i",
    Ports: [],
    State: "running",
    Status: "Up 2 hours",
    Created: 1_700_000_000,
    Labels: { "berth.resource": resource, "berth.id": "our-stack", ...labels },
  });

  interface Wish {
    readonly passphrase?: string;
    readonly script?: Partial<DockerScript>;
  }

  async function logs(args: string[], { passphrase = "right", script = {} }: Wish = {}) {
    rmSync(join(engine, "asked"), { force: true });
    const docker = await scriptedDocker({
      state: () => ({ Running: true }),
      exec: () => ({ exitCode: 1, output: "" }),
      containers: [container("nexus-container"), container("blog-main-container", { "berth.app": "blog" })],
      secrets: await tarOf([{ name: "secrets/TOKEN", content: SECRETS[2]!, mode: 0o400, uid: 1, gid: 1 }]),
      logs: LOG,
      ...script,
    });
    project.edit("Pulumi.dev.yaml", (text) => text.replace(/docker: unix:\S+/g, `docker: ${docker.address}`));
    const env = {
      PATH: `${engine}${delimiter}${process.env["PATH"]}`,
      HOME: project.directory,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      JOB_TOKEN: SECRETS[3],
    };
    const command = [process.execPath, join(project.project, "automation", "berth.cjs"), "logs", ...args];
    try {
      return await run(command, env, project.project);
    } finally {
      docker.close();
    }
  }
  const asked = () =>
    readFileSync(join(engine, "asked"), "utf8")
      .split("\n")
      .filter((line) => line.includes("--show-secrets"));

  it("leaves out what the stack knows of secrets: its settings' and the generated ones, its files' and the job's", async () => {
    const { code, stdout, stderr } = await logs(["blog"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(stdout, "begun\nhas *** and *** and [secret] and ***\n");
    const json = await logs(["blog", "--json"]);
    assert.equal(json.code, 0, json.stderr);
    for (const secret of SECRETS) assert.ok(!json.stdout.includes(secret), secret);
  });

  it("shows the lines that match, after secrets are taken out: nobody finds one by looking for it", async () => {
    const matching = await logs(["blog", "--grep", "^has .* and"]);
    assert.deepEqual([matching.code, matching.stdout], [0, "has *** and *** and [secret] and ***\n"]);
    const guess = await logs(["blog", "--grep", SECRETS[0]!]);
    assert.deepEqual([guess.code, guess.stdout], [0, ""]);
  });

  it("asks Docker for what was written between two times, on one server", async () => {
    const seen: string[] = [];
    const script = { seen: (request: string) => seen.push(request) };
    const span = ["--since", "2026-11-29T01:00:00Z", "--until", "2026-11-29T02:00:00Z"];
    const { code, stderr } = await logs(["--server", "main", ...span], { script });
    assert.equal(code, 0, stderr);
    const asked = seen.filter((request) => request.includes("/logs?"));
    assert.equal(asked.length, 1, "Nexus is on no server");
    const query = new URL(asked[0]!.replace("GET ", ""), "http://docker").searchParams;
    const { since, until, tail } = Object.fromEntries(query);
    const second = (time: string) => String(Date.parse(time) / 1000);
    assert.deepEqual(
      [since, until, tail],
      [second("2026-11-29T01:00:00Z"), second("2026-11-29T02:00:00Z"), undefined],
    );
    const wrong = await logs(["--server", "mian"]);
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    assert.match(wrong.stderr, /--server mian: the settings have no such server\. They have main\./);
  });

  it("without names are the last lines of each, with its name, in the order in which they were written; it says how to see more", async () => {
    const seen: string[] = [];
    const at = (second: number) => `2026-11-29T01:02:0${second}.000000004Z`;
    const script = {
      seen: (request: string) => seen.push(request),
      logs: [`${at(3)} third\n${at(1)} first\n`, `${at(2)} second\n`],
    };
    const { code, stdout, stderr } = await logs([], { script });
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      seen.flatMap((request) => /[?&]tail=(\d+)/.exec(request)?.[1] ?? []),
      ["10", "10"],
    );
    const lines = ["first", "second", "third"].flatMap((text) => [`nexus | ${text}`, `blog  | ${text}`]);
    assert.deepEqual(stdout.trim().split("\n").sort(), [...lines].sort());
    assert.deepEqual(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.replace(/^.*\| /, "")),
      lines.map((line) => line.replace(/^.*\| /, "")),
    );
    assert.match(
      stderr,
      /These are the last 10 lines of each\. More: berth logs --tail 100; of one alone: berth logs blog\n$/,
    );
    assert.doesNotMatch((await logs(["--tail", "3"])).stderr, /These are the last/);
    assert.doesNotMatch((await logs(["--grep", "x"])).stderr, /These are the last/);
    assert.doesNotMatch((await logs(["blog", "nexus"])).stderr, /These are the last/);
  });

  it("asks the engine for them once, however many services it follows", async () => {
    const { code, stdout, stderr } = await logs(["-f", "nexus", "blog"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^nexus \| has \*\*\* and \*\*\* /m);
    assert.match(stdout, /^blog {2}\| has \*\*\* and \*\*\* /m);
    assert.deepEqual(asked().sort(), [
      "config --show-secrets --json --stack dev",
      "stack export --show-secrets --stack dev",
    ]);
  });

  it("shows no line where they can't be read, and says what to do", async () => {
    const { code, stdout, stderr } = await logs(["blog"], { passphrase: "wrong" });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(
      stderr,
      "berth: blog: its log is not shown: secrets of the stack might be in it, and they could not be read to leave them out " +
        "(incorrect passphrase). Next: set what opens them (PULUMI_CONFIG_PASSPHRASE, or the login of the stack's key service), " +
        "then berth logs blog --stack dev; or berth logs blog --stack dev --show-secrets, which shows the log as it is.\n",
    );
  });

  it("shows the log as it is with --show-secrets, and needs no passphrase for that", async () => {
    const { code, stdout, stderr } = await logs(["blog", "--stack", "dev", "--show-secrets"], {
      passphrase: "wrong",
    });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `begun\nhas ${SECRETS.join(" and ")}\n`);
    assert.deepEqual(asked(), []);
  });

  it("shows no line where the container's secret files can't be read, and says what to do", async () => {
    const { code, stdout, stderr } = await logs(["blog"], { script: { secrets: Buffer.from("no archive") } });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /^berth: blog: its log is not shown: its secret files .*: berth logs blog --stack dev --show-secrets\n$/,
    );
  });

  // Docker's messages are of 16 KiB at most, each with the time before it.
  it("finds a secret also where Docker cuts a long line into two", async () => {
    const secret = SECRETS[1]!;
    const script = {
      logs: [`${TIME} long ${secret.slice(0, 6)}`, `${TIME} ${secret.slice(6)} line\n`, `${TIME} next\n`],
    };
    const { stdout, stderr } = await logs(["blog"], { script });
    assert.equal(stdout, "long *** line\nnext\n", stderr);
  });
});
