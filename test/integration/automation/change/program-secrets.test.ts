import assert from "node:assert/strict";
import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { RandomPassword } from "@pulumi/random";
import type { Change } from "../../../../automation/change/model/change";
import { changeHash } from "../../../../automation/change/model/change-hash";
import { planOf } from "../../../../automation/change/model/planned-changes";
import { renderNote } from "../../../../automation/change/note/note";
import { fingerprintKey } from "../../../../automation/change/secrets/fingerprint-key";
import { ProgramSecrets } from "../../../../automation/change/secrets/program-secrets";
import { textsIn } from "../../../../automation/change/secrets/secret-leaves";
import { secretsFingerprint } from "../../../../automation/change/secrets/secrets-fingerprint";
import { secretsOf } from "../../../../automation/terminal/known-secrets";
import { type InlineProgram, InlineProject, type InlineStack } from "../../../support/stack/inline-stack";
import { whyNoPulumi } from "../../../support/stack/sandbox-pulumi";
import { changeOf } from "../../../unit/automation/change/recorded";

/** Thirty texts that must not be seen, with what JSON, addresses and Markdown make something of. */
const PLANTED = Array.from({ length: 30 }, (_, index) => {
  const odd = ['"quoted"', "back\\slash", "per%cent/slash", "`tick`", "ümlaut", "<b>&amp;"][index % 6];
  return `planted-${String(index).padStart(2, "0")}-${odd}`;
});
const plant = (index: number) => PLANTED[index]!;

describe("the secrets of a program", function () {
  this.timeout(120_000);
  let project: InlineProject;
  let stack: InlineStack;
  let key: Buffer;

  before(async function () {
    const why = whyNoPulumi();
    if (why) {
      console.log(`    skipped: ${why}`);
      this.skip();
    }
    project = new InlineProject("planted");
    [stack, key] = await Promise.all([
      project.stack("dev"),
      fingerprintKey("planted", "dev", { PULUMI_CONFIG_PASSPHRASE: "test" }).then((made) => made!),
    ]);
  });

  after(() => project?.remove());

  /** What `berth preview` does with a program. */
  async function previewed(program: InlineProgram, env: NodeJS.ProcessEnv = {}): Promise<Change> {
    const secrets = new ProgramSecrets(secretsOf(env));
    const from = project.printed.length;
    secrets.keepSettings(
      { hub: { password: "[secret]", user: "u" } },
      { hub: { password: plant(29), user: "u" } },
    );
    await stack.preview(secrets.watch(async () => void (await program())) as InlineProgram);
    const lines = project.printed.slice(from).split("\n");
    const events = lines.filter((line) => line.startsWith('{"'));
    const { resources, releases } = planOf(events.map((line) => JSON.parse(line) as EngineEvent));
    const told = resources.map((one) => {
      const secretly = secretsFingerprint(key, one, secrets.leavesOf(one.urn), env);
      return secretly === undefined ? one : { ...one, secrets: secretly };
    });
    const change = secrets.known.scrubbed(changeOf({ resources: told, releases }));
    return { ...change, hash: changeHash(change) };
  }

  /** Secrets where they belong, and where somebody put them by mistake. */
  const leaky =
    (words: readonly string[] = PLANTED) =>
    () => {
      const password = new RandomPassword("password", { length: 20 });
      new local.Command("kept", {
        create: pulumi.secret(words[0]!),
        environment: {
          ONE: pulumi.secret(words[1]!),
          WHOLE: pulumi.secret(JSON.stringify({ deep: [words[2], { deeper: words[3] }] })),
          FROM: password.result,
        },
        triggers: pulumi.secret(words.slice(4, 20)),
        stdin: pulumi.secret(words[20]!),
      });
      new local.Command(`named ${words[1]}`, {
        create: `curl https://x/?p=${encodeURIComponent(words[5]!)} ${words[2]} ${words[29]} ${words[28]}`,
        environment: {
          [`KEY ${words[20]}`]: `text ${words[7]} text`,
          JSON: JSON.stringify([words[6], words[9]]),
        },
        triggers: words.slice(0, 21).map((word) => `plain ${word}`),
        delete: "echo\n".repeat(3) + words[10],
      });
    };

  it("are in no part of the change, wherever in the program they were put", async () => {
    const change = await previewed(leaky(), { CI_REGISTRY_PASSWORD: plant(28) });
    const text = [JSON.stringify(change), renderNote(change, {})].join("\n");
    for (const index of [...Array(21).keys(), 28, 29]) assertHidden(text, plant(index));
    assert.match(text, /plain \*\*\*/);
    assert.equal(change.resources.length, 3);
  });

  it("are passwords, and not the address and the name of a login, of which a provider makes one secret", () => {
    const login = { address: "registry.test:5000", username: "puller", password: "a-password" };
    const ofImage = { server: "registry.test:5000", username: "pusher", password: "another" };
    assert.deepEqual(textsIn([login, ofImage]), ["a-password", "another"]);
    assert.deepEqual(textsIn(JSON.stringify([login])).slice(1), ["a-password"]);
    assert.deepEqual(textsIn({ address: "a", username: "b" }), ["a", "b"], "not known to be a login");
  });

  describe("that a provider marks as a whole, for the sake of one part", () => {
    const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
    const marked = (value: unknown) => ({ ...SECRET, plaintext: JSON.stringify(value) });
    const PASSWORD = "registry-passw0rd";
    const login = { server: "registry.test:5000", username: "pusher-one", password: PASSWORD };
    const build = {
      context: "tiny-shop",
      dockerfile: "tiny-shop/Dockerfile",
      args: { BASE_IMAGE: "python:3.11-slim" },
    };
    const imageName = "registry.test:5000/team/tiny-shop:1";
    const said = `${imageName} of ${JSON.stringify(build)} pushed by ${login.username} to ${login.server} with ${PASSWORD}`;

    it("are passwords only, when the program hears of them", async () => {
      const secrets = new ProgramSecrets(secretsOf({}));
      const checked = { build: { ...build, contextDigest: "72270275b5d2cdda" }, imageName, registry: login };
      pulumi.runtime.setMocks({
        newResource: ({ inputs, name }) => ({
          id: name,
          state: { ...inputs, __inputs: pulumi.secret(checked) },
        }),
        call: ({ inputs }) => inputs,
      });
      await secrets.watch(async () => {
        const registry = { ...login, password: pulumi.secret(PASSWORD) };
        const image = new docker.Image("tiny-image", { imageName, build, registry });
        await new Promise((resolve) => image.urn.apply(resolve));
      })();
      assert.equal(secrets.known.scrub(said), said.replace(PASSWORD, "***"));
      assert.equal(secrets.known.scrub("digest 72270275b5d2cdda"), "digest 72270275b5d2cdda");
    });

    it("are passwords only, in a state of before", () => {
      const secrets = new ProgramSecrets(secretsOf({}));
      const registry = { ...login, password: marked(PASSWORD) };
      const plain = { BERTH_TARGET: imageName, BERTH_TARGET_USERNAME: login.username };
      const environment = { ...plain, BERTH_TARGET_PASSWORD: PASSWORD };
      secrets.keepState({
        deployment: {
          resources: [
            {
              inputs: { build, imageName, registry },
              outputs: { __inputs: marked({ build, imageName, registry: login }) },
            },
            {
              inputs: { environment: { ...plain, BERTH_TARGET_PASSWORD: marked(PASSWORD) } },
              outputs: { environment: marked(environment), stdout: marked("generated-t0ken") },
            },
            { inputs: {}, outputs: { result: marked("rand0m-result") } },
          ],
        },
      });
      assert.equal(secrets.known.scrub(said), said.replace(PASSWORD, "***"));
      assert.equal(secrets.known.scrub("rand0m-result generated-t0ken"), "*** ***");
    });

    it("are not the names and words of the settings, and what is marked there is one all the same", () => {
      const secrets = new ProgramSecrets(secretsOf({}));
      secrets.keepSettings(
        {
          apps: {
            webshop1: { build: { context: "src/webshop" }, secrets: { DB: "[secret]", KEY: "[secret]" } },
          },
        },
        {
          apps: {
            webshop1: { build: { context: "src/webshop" }, secrets: { DB: "webshop1", KEY: "k3y-of-shop" } },
          },
        },
      );
      secrets.keepState({
        resources: [{ inputs: { all: marked(["src/webshop", "an0ther-secret"]) }, outputs: {} }],
      });
      assert.equal(
        secrets.known.scrub("webshop1 src/webshop k3y-of-shop an0ther-secret"),
        "webshop1 src/webshop *** ***",
      );
    });
  });

  it("give the same hash again, another for another secret, and the same for another job's login", async () => {
    const env = (login: string) => ({ CI_REGISTRY_PASSWORD: login });
    const withLogin =
      (login: string, words = PLANTED) =>
      () => {
        new local.Command("login", {
          create: "true",
          environment: { LOGIN: pulumi.secret(login), P: pulumi.secret(words[0]!) },
        });
      };
    const hashes = [
      await previewed(withLogin("job-one-login"), env("job-one-login")),
      await previewed(withLogin("job-two-login"), env("job-two-login")),
      await previewed(withLogin("job-two-login", PLANTED.with(0, "another secret")), env("job-two-login")),
    ].map(({ hash }) => hash);
    assert.equal(hashes[1], hashes[0]);
    assert.notEqual(hashes[2], hashes[0]);
  });

  it("are known from the state, too: what was generated long ago is hidden where it is copied", async () => {
    const make = () => new RandomPassword("old", { length: 24, special: false });
    await stack.up(() => void make());
    const secret = [...(await outputs())].find((text) => text.length === 24)!;
    const change = await previewed(() => {
      const { result } = make();
      new local.Command("copy", { create: "true", environment: { COPY: pulumi.unsecret(result) } });
    });
    assert.ok(secret);
    assert.deepEqual(
      change.resources.map(({ name, properties }) => [
        name,
        properties.find(({ path }) => path === "environment.COPY")?.new,
      ]),
      [["copy", "***"]],
    );
    assertHidden(JSON.stringify(change), secret);
  });

  async function outputs(): Promise<string[]> {
    const found: string[] = [];
    await stack.preview(() => {
      const { result } = new RandomPassword("old", { length: 24, special: false });
      pulumi.unsecret(result).apply((text) => found.push(text));
    });
    return found;
  }
});

/** In none of the forms that a text takes in JSON, in an address and in HTML. */
function assertHidden(text: string, secret: string): void {
  const json = JSON.stringify(secret).slice(1, -1);
  for (const form of [secret, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(secret)]) {
    assert.ok(!text.includes(form), `${secret} is there as ${form}`);
  }
}
