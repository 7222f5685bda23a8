import assert from "node:assert/strict";
import { join } from "node:path";
import type { Terminal } from "../../../../automation/init/answers";
import type { Ask } from "../../../../automation/init/probe-servers";
import { settingsIn } from "../../../../automation/init/stack-files";
import { registryAddress } from "../../../../components/settings/nexus/nexus-addresses";
import { changesIn, initIn, makeRepository, type Run, removeRepository } from "./repositories";

const IGNORED = { ".dockerignore": "deploy\n" };
// biome-ignore lint/suspicious/noTemplateCurlyInString: as a Dockerfile has it
const ON_A_BASE = { ...IGNORED, Dockerfile: "ARG BASE_IMAGE=python:3.12\nFROM ${BASE_IMAGE}\nEXPOSE 80\n" };
const ALONE = { ...IGNORED, Dockerfile: "FROM scratch\nEXPOSE 80\n" };
const REMOTE = "git@gitlab.example.com:team/shop.git";
const NEXUS = "https://robot@nexus.example.com/";

const answering: Ask = async (url) =>
  url.startsWith("http://127.0.0.1:8081/")
    ? { status: 200, headers: { server: "Nexus/3.94.0 (COMMUNITY)" }, text: "" }
    : undefined;

describe("berth init with a Nexus of one's own", () => {
  const made: string[] = [];
  const repository = (files: Readonly<Record<string, string>> = ON_A_BASE) => {
    made.push(makeRepository(files, REMOTE));
    return made.at(-1)!;
  };
  after(() => made.forEach(removeRepository));

  async function initialised(run: Run, files = ON_A_BASE) {
    const root = repository(files);
    const result = await initIn(root, run);
    const read = (stack: string) => {
      const { text } = result.files.find(({ name }) => name === `deploy/Pulumi.${stack}.yaml`)!;
      return { text, nexus: settingsIn("it", text, "shop", join(root, "deploy")).nexus };
    };
    return { ...result, dev: read("dev"), prod: read("prod") };
  }

  it("has dev's settings name it and its administrator, and says how the password is set", async () => {
    const { dev, prod, next, notices } = await initialised({ given: { nexus: NEXUS } });
    assert.deepEqual([dev.nexus.url, dev.nexus.username], ["https://nexus.example.com", "robot"]);
    assert.equal(registryAddress(dev.nexus, "releases"), "nexus.example.com:8082");
    assert.equal(registryAddress(dev.nexus, "docker"), "nexus.example.com:8083");
    const command = "pulumi config set --stack dev --secret --path 'berth:nexus.password'";
    assert.ok(dev.text.includes(`    # ${command}\n`), dev.text);
    assert.ok(next.includes(`${command} # that of robot at https://nexus.example.com, which it asks for`));
    assert.doesNotMatch(dev.text, /eula|hostname|password:/);
    assert.equal(prod.nexus.url, undefined, "prod makes one of its own");
    assert.match(notices.join("\n"), /Sonatype's licence/);
  });

  it("has base images come through it, by a proxy that is named, and none where there are no such images", async () => {
    const { dev } = await initialised({ given: { nexus: NEXUS } });
    const { hub, docker } = dev.nexus.repositories;
    assert.equal(hub?.type, "proxy");
    assert.ok(docker?.type === "group");
    assert.deepEqual(docker.members, ["releases", "hub"]);
    const alone = await initialised({ given: { nexus: NEXUS } }, ALONE);
    assert.deepEqual(Object.keys(alone.dev.nexus.repositories).sort(), ["docker", "releases"]);
  });

  it("has one for each stack, then accepts no licence and asks for none", async () => {
    const given = { nexus: NEXUS, prodNexus: "https://nexus-prod.example.com" };
    const { prod, next, notices } = await initialised({ given });
    assert.deepEqual([prod.nexus.url, prod.nexus.username], ["https://nexus-prod.example.com", "admin"]);
    assert.equal(next.filter((line) => line.startsWith("pulumi config set")).length, 2);
    assert.deepEqual(notices, []);
  });

  it("takes one that answers only where it is told to, and moves no port of dev's out of its way then", async () => {
    const unasked = await initialised({ ask: answering });
    assert.equal(unasked.dev.nexus.url, undefined);
    assert.match(
      unasked.notices.join("\n"),
      /8081 is a Nexus already \(Nexus\/3\.94\.0 \(COMMUNITY\)\)\. .* name it: --nexus/,
    );
    const told = await initialised({ ask: answering, given: { nexus: "http://127.0.0.1:8081" } });
    assert.equal(told.dev.nexus.url, "http://127.0.0.1:8081");
    assert.match(told.dev.text, /publish: 8080 /);
    assert.deepEqual([told.prod.nexus.url, told.prod.nexus.port], [undefined, 9081]);
    assert.doesNotMatch(told.notices.join("\n"), /is a Nexus already/);
  });

  it("asks on a terminal where one answers: for dev, and for prod unless dev has it", async () => {
    const asked = async (answer: string) => {
      const prompts: string[] = [];
      const terminal: Terminal = {
        ask: async (prompt) => {
          prompts.push(prompt);
          return /^Nexus of your own for dev/.test(prompt) ? answer : /y\/N/.test(prompt) ? "y" : "";
        },
        say: () => {},
        close: () => {},
      };
      const { dev } = await initialised({ ask: answering, terminal });
      return { url: dev.nexus.url, asked: prompts.filter((one) => /^Nexus of your own/.test(one)).length };
    };
    assert.deepEqual(await asked("1"), { url: "http://127.0.0.1:8081", asked: 1 });
    assert.deepEqual(await asked(""), { url: undefined, asked: 2 });
  });

  it("refuses one for both stacks, an address that is none, and a password in it, which it doesn't repeat", async () => {
    const cases: readonly (readonly [Run["given"], RegExp])[] = [
      [
        { nexus: NEXUS, prodNexus: "https://nexus.example.com" },
        /that is dev's\. Two stacks can't share a Nexus/,
      ],
      [{ nexus: "nexus" }, /--nexus nexus: expected an address/],
      [{ nexus: "https://a:hidden@nexus.example.com" }, /--nexus: leave the password out/],
    ];
    for (const [given, words] of cases) {
      const root = repository();
      await assert.rejects(initIn(root, { given }), (error: Error) => {
        assert.match(error.message, words);
        assert.doesNotMatch(error.message, /hidden/);
        return true;
      });
      assert.deepEqual(changesIn(root), []);
    }
  });
});
