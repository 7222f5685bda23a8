import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseSettings } from "../../../components/settings/settings";
import { configOf, numberInGo, parseStackYaml } from "../../../components/settings/stack-yaml";
import { writtenSettings } from "../../../components/settings/written-settings";
import { problemsOf } from "../../support/settings-problems";

const file = (apps: string, nexus = "{ hostname: nexus.test, eula: accepted }") => `config:
  berth:nexus: ${nexus}
  berth:gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: team/site }
  berth:servers: { main: { docker: "unix:///x", address: main.test } }
  berth:apps:
    blog: { build: { base: library/a, ${apps.includes("args") ? apps : ""} }, port: 80, publish: 80, servers: [main], ${apps.includes("args") ? "" : apps} }
`;

/** What the engine makes of the texts, as its JSON has it (recorded from pulumi 3.274.1). */
const ENGINE: readonly (readonly [text: string, value: unknown])[] = [
  ...([
    ["8000", 8000],
    ["1.10", 1.1],
    ["1e3", 1000],
    ["0777", 511],
    ["0o14", 12],
    ["0x10", 16],
  ] as const),
  ...([
    ["1_000", 1000],
    ["+5", 5],
    [".5", 0.5],
    ["1.0", 1],
    ["1.5e-7", 1.5e-7],
    ["010", 8],
  ] as const),
  ...([
    ["true", true],
    ["False", false],
    ["yes", "yes"],
    ["on", "on"],
    ["12:30:45", "12:30:45"],
  ] as const),
  ["12345678901234567890", 12345678901234567000],
  ["2024-01-01", "2024-01-01 00:00:00 +0000 UTC"],
  ["2024-01-01T10:00:00Z", "2024-01-01 10:00:00 +0000 UTC"],
  ["1e999", "1e999"],
];

/** The settings of a file, as berth reads them and as the program is given them. */
function bothWays(text: string, given: (config: Record<string, unknown>) => void = () => {}) {
  const config = () =>
    Object.fromEntries(
      Object.entries(configOf(parseStackYaml(text), "berth")).map(([key, value]) => [
        key.slice(6),
        structuredClone(value),
      ]),
    );
  const written = writtenSettings(text, "berth");
  const ofEngine = config();
  given(ofEngine);
  return [parseSettings(config(), { written }), parseSettings(ofEngine, { written })];
}

function problems(raw: Record<string, unknown>, text = ""): readonly string[] {
  return problemsOf(() => parseSettings(raw, text === "" ? {} : { written: writtenSettings(text, "berth") }));
}

type Apps = Record<string, Record<string, Record<string, unknown>>>;

describe("a setting that is a text", () => {
  for (const [text, value] of ENGINE) {
    it(`is ${text} where that stands in the file, whatever YAML makes of it`, () => {
      const [own, engines] = bothWays(file(`env: { V: ${text} }`), (config) => {
        (config["apps"] as Apps)["blog"]!["env"]!["V"] = value;
      });
      assert.equal(own!.apps[0]!.env["V"], text);
      assert.equal(engines!.apps[0]!.env["V"], text);
    });
  }

  it("is what stands in the file in every place that asks for a text", () => {
    const nexus = `{ hostname: 10, eula: accepted, rotation: 2024-01-01, repositories: { tools: { format: raw, type: hosted, blobStore: 1 } },
      blobStores: { 1: { path: 0777 } }, tasks: { t: { type: x, properties: { keep: 010, on: True } } }, accounts: { ci: { purpose: 1.10, roles: [7] } } }`;
    const { nexus: read } = bothWays(file("env: {}", nexus))[0]!;
    assert.deepEqual(
      [read.hostname, read.rotation, read.blobStores["1"], read.repositories["tools"]!.blobStore],
      ["10", "2024-01-01", { type: "file", path: "0777" }, "1"],
    );
    assert.deepEqual(read.tasks["t"]!.properties, { keep: "010", on: "True" });
    assert.deepEqual([read.accounts["ci"]!.purpose, read.accounts["ci"]!.roles], ["1.10", ["7"]]);
    const [{ apps }] = bothWays(file("args: { VERSION: 1.10, DEBUG: false }")) as [
      ReturnType<typeof parseSettings>,
    ];
    assert.deepEqual(apps[0]!.build!.args, { VERSION: "1.10", DEBUG: "false" });
    const digest = `sha256:${"1".repeat(64)}`;
    const pinned = bothWays(
      file(`release: { tag: 1e5, digest: "${digest}" }, releaseCommand: [sleep, 1.0]`),
    )[0]!;
    assert.deepEqual(
      [pinned.apps[0]!.release!.tag, pinned.apps[0]!.releaseCommand],
      ["1e5", ["sleep", "1.0"]],
    );
  });

  it("is found through aliases and merges", () => {
    const text = file("env: &e { V: 1.10 }").replace(
      "    blog:",
      "    shop: &s { port: 81, publish: 81, servers: [main], build: { base: library/a }, env: { V: 0777 } }\n    blog:",
    );
    const merged = `${text}    third: { <<: *s, publish: 82 }\n    fourth: { <<: *s, publish: 83, env: *e }\n`;
    const { apps } = bothWays(merged)[0]!;
    assert.deepEqual(
      apps.map(({ name, env }) => `${name} ${env["V"]}`),
      ["shop 0777", "blog 1.10", "third 0777", "fourth 1.10"],
    );
  });

  it("is what can be known of it where no file tells: whole numbers and flags, and no fraction", () => {
    const raw = parse(file("env: { PORT: 8000, DEBUG: true }")).config;
    const named = Object.fromEntries(Object.entries(raw).map(([key, value]) => [key.slice(6), value]));
    assert.deepEqual(parseSettings(named).apps[0]!.env, { PORT: "8000", DEBUG: "true" });
    (named["apps"] as Apps)["blog"]!["env"] = { V: 1.1 };
    assert.deepEqual(problems(named), [
      "berth:apps.blog.env.V: expected a text, got 1.1 (a number that may have been written in other ways: put it in quotes)",
    ]);
    const other = file("env: { V: 2.2 }"); // not the one that the engine has read
    assert.equal(problems(named, other).length, 1);
  });

  it("are taken as numbers and flags where these are expected: the command writes texts of what it takes for none", () => {
    const quoted = file('cpus: "0.5", memory: "64", readOnly: "true"').replace("port: 80,", 'port: "8000",');
    for (const { apps } of bothWays(quoted)) {
      const { port, cpus, memory, readOnly } = apps[0]!;
      assert.deepEqual([port, cpus, memory, readOnly], [8000, 0.5, 64, true]);
    }
    for (const odd of ["0x10", "1e3", "+5", " 5", "007", "1_000", "", "five"])
      assert.throws(
        () => bothWays(file(`memory: "${odd}"`)),
        new RegExp(`memory: expected megabytes, .* got "${odd.replace("+", "\\+")}"`),
        odd,
      );
    for (const odd of ["yes", "True", "1"])
      assert.throws(
        () => bothWays(file(`readOnly: "${odd}"`)),
        /readOnly: expected true or false, got "/,
        odd,
      );
  });

  it("is never nothing, a list or a map, and a number where one is asked for stays one", () => {
    const { config } = parse(file("env: { A: ~, B: [1], C: {} }"));
    const raw = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.slice(6), value]));
    assert.deepEqual(problems(raw), [
      "berth:apps.blog.env.A: expected a text, got nothing",
      "berth:apps.blog.env.B: expected a text, got [1]",
      "berth:apps.blog.env.C: expected a text, got {}",
    ]);
    assert.equal(bothWays(file("memory: 0o1000"))[0]!.apps[0]!.memory, 512);
  });
});

describe("a secret", () => {
  const SECURE = "{ secure: v1:abc= }";
  /** As the program has it: in plain text, and in the file encrypted. */
  const told = (apps: string) => {
    const text = file(apps);
    const { config } = parse(text.replaceAll(SECURE, "hunter22"));
    return problems(
      Object.fromEntries(Object.entries(config).map(([key, value]) => [key.slice(6), value])),
      text,
    );
  };

  it("is refused as a build argument, with the way that works", () => {
    assert.deepEqual(told(`args: { TOKEN: ${SECURE}, OTHER: x }`), [
      "berth:apps.blog.build.args.TOKEN: a secret, and build arguments stand in the image's history, for everybody who can pull it. " +
        "Put it into apps.blog.build.secrets, and RUN --mount=type=secret,id=TOKEN in the Dockerfile",
    ]);
  });

  it("is refused wherever else it would end in an image, or in what docker inspect shows", () => {
    const said = told(
      `env: { TOKEN: ${SECURE} }, releaseCommand: [migrate, ${SECURE}], user: ${SECURE}, volumes: { data: ${SECURE} }`,
    );
    assert.deepEqual(
      said.filter((line) => line.includes(": a secret, ")).map((line) => line.split(":", 2)[1]),
      ["apps.blog.env.TOKEN", "apps.blog.releaseCommand.1", "apps.blog.user", "apps.blog.volumes.data"],
    );
    assert.match(
      said.join("\n"),
      /env\.TOKEN: .*docker inspect.* Put it into apps\.blog\.secrets: the file \/run\/secrets\/TOKEN/,
    );
    assert.match(told(`env: { T: &t ${SECURE} }, user: x, tmpfs: [*t]`).join("\n"), /tmpfs\.0: a secret/);
  });

  it("is welcome where secrets belong", () => {
    assert.deepEqual(told(`secrets: { TOKEN: ${SECURE} }`), []);
    assert.deepEqual(told(`secrets: { TOKEN: ${SECURE} }, args: {}`), []);
  });

  it("is repeated by no message", () => {
    for (const apps of [`env: { T: ${SECURE} }`, `user: ${SECURE}`, `args: { T: ${SECURE} }`])
      assert.doesNotMatch(told(apps).join("\n"), /hunter22/);
  });
});

describe("a value that may be a secret of an environment", () => {
  /** As the program has it where an environment adds to an app of the file, and the engine says that a key holds a secret. */
  const told = (own: string, more: Record<string, unknown>, secretKey = "berth:apps") => {
    const text = file(own);
    const { config } = parse(text);
    const raw = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.slice(6), value]));
    const { blog } = raw["apps"] as Record<string, Record<string, unknown>>;
    for (const [name, value] of Object.entries(more))
      blog![name] = Array.isArray(value)
        ? value
        : { ...(blog![name] as object | undefined), ...(value as object) };
    const written = writtenSettings(text, "berth", (key) => key === secretKey);
    return problemsOf(() => parseSettings(raw, { written }));
  };

  it("is refused where any text may stand, with the two ways out", () => {
    assert.deepEqual(told("env: { MODE: fast }", { env: { TOKEN: "hunter22" } }), [
      "berth:apps.blog.env.TOKEN: it may be a secret: it is not in the stack's file, berth:apps holds something secret, and Pulumi " +
        "doesn't tell which of the values that come from elsewhere that is. If this one is not, write it into the stack's file. " +
        "If it is: docker inspect shows environments to everybody who can ask that Docker. " +
        "Put it into apps.blog.secrets: the file /run/secrets/TOKEN, which the app's user alone can read; " +
        "with its name in secretEnv the variable as well",
    ]);
    const args = told("args: { A: b }", { build: { args: { A: "b", TOKEN: "hunter22" } } });
    assert.match(
      args.join("\n"),
      /^berth:apps\.blog\.build\.args\.TOKEN: it may be a secret: .*apps\.blog\.build\.secrets/,
    );
    assert.equal(args.length, 1);
  });

  it("is taken where the file says it, where secrets belong, and where nothing of the key is secret", () => {
    assert.deepEqual(told("env: { MODE: fast }", { secrets: { TOKEN: "hunter22" } }), []);
    assert.deepEqual(told("env: { MODE: fast }", { servers: ["main"], volumes: { data: "/data" } }), []);
    assert.deepEqual(told("env: {}", { env: { MODE: "fast" } }, "berth:nexus"), []);
  });

  it("is repeated by no message, wherever it stands", () => {
    const said = told("env: {}", { env: { A: ["hunter22"] }, tmpfs: ["hunter22"] }).join("\n");
    assert.match(said, /tmpfs\.0: .*, got a value that may be a secret/);
    assert.doesNotMatch(said, /hunter22/);
  });
});

describe("a plain number of YAML", () => {
  it("is what the engine's parser makes of it", () => {
    const cases: readonly (readonly [string, number | undefined])[] = [
      ...([
        ["08", 8],
        ["-0x1F", -31],
        ["0b11", 3],
        ["-_1", -1],
        ["1__0", 10],
        ["1.", 1],
      ] as const),
      ...([
        ["3f2a91c04d7e", undefined],
        [".", undefined],
        ["1.2.3", undefined],
        ["127.0.0.1", undefined],
      ] as const),
      ...([
        ["_1", undefined],
        ["1e999", undefined],
        ["", undefined],
        ["0x", undefined],
        ["-", undefined],
      ] as const),
    ];
    for (const [text, value] of cases) assert.equal(numberInGo(text), value, text);
  });
});
