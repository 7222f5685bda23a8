import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HEADING, writeFolder } from "../../../../automation/compose/compose-folder";

describe("the folder of a compose file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-folder-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const content = { compose: `${HEADING} dev\`\n`, files: { "edge/main.caddy": "x\n" } };
  const secret = (name: string) => readFileSync(join(folder, "secrets", name), "utf8");
  const mode = (path: string) => statSync(join(folder, path)).mode & 0o777;

  it("gets passwords that are made once, in files for their owner alone", () => {
    const secrets = { adminPassword: undefined, given: "from the settings" };
    assert.deepEqual(writeFolder(folder, { ...content, secrets }), { made: ["adminPassword"] });
    const made = secret("adminPassword");
    assert.match(made, /^[A-Za-z0-9]{32}$/);
    assert.equal(secret("given"), "from the settings");
    assert.deepEqual(["secrets", "secrets/adminPassword", "secrets/given"].map(mode), [0o700, 0o600, 0o600]);
    assert.equal(readFileSync(join(folder, ".gitignore"), "utf8"), "/secrets/\n");
    const again = writeFolder(folder, { ...content, secrets: { ...secrets, given: "another" } });
    assert.deepEqual(again, { made: [] });
    assert.deepEqual([secret("adminPassword"), secret("given")], [made, "another"]);
  });

  it("keeps what somebody's own .gitignore says, and says there once that secrets stay out", () => {
    const file = join(folder, ".gitignore");
    const secrets = { adminPassword: undefined };
    for (const [before, after] of [
      ["node_modules\n*.crt", "node_modules\n*.crt\n/secrets/\n"],
      ["/secrets/\r\nnode_modules\r\n", "/secrets/\r\nnode_modules\r\n"],
    ] as const) {
      writeFileSync(file, before);
      for (let run = 0; run < 2; run++) writeFolder(folder, { ...content, secrets });
      assert.equal(readFileSync(file, "utf8"), after);
    }
  });

  it("closes a secret that somebody has opened", () => {
    writeFolder(folder, { ...content, secrets: { adminPassword: undefined } });
    rmSync(join(folder, "secrets", "adminPassword"));
    writeFileSync(join(folder, "secrets", "adminPassword"), "mine", { mode: 0o644 });
    writeFolder(folder, { ...content, secrets: { adminPassword: undefined } });
    assert.equal(secret("adminPassword"), "mine");
    assert.equal(mode("secrets/adminPassword"), 0o600);
  });

  for (const name of [
    "docker-compose.yml",
    "compose.yaml",
    "compose.yml",
    "edge/main.caddy",
    "secrets/given",
  ])
    it(`with somebody else's ${name} is left as it is`, () => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), "services: {}\n");
      const before = readdirSync(folder, { recursive: true });
      assert.throws(
        () => writeFolder(folder, { ...content, secrets: { adminPassword: undefined, given: "x" } }),
        {
          message: `In ${folder} ${name} is not of berth compose, and nothing was written. Choose another folder for --out, or move that file away.`,
        },
      );
      assert.deepEqual(readdirSync(folder, { recursive: true }), before);
      assert.equal(readFileSync(join(folder, name), "utf8"), "services: {}\n");
    });

  it("names a compose file that Docker Compose would take before ours, also beside ours", () => {
    const secrets = { adminPassword: undefined };
    writeFolder(folder, { ...content, secrets });
    writeFileSync(join(folder, "compose.yaml"), "services: {}\n");
    assert.throws(
      () => writeFolder(folder, { ...content, secrets }),
      /compose\.yaml is not of berth compose/,
    );
  });

  it("goes on where a run broke off before the compose file", () => {
    const secrets = { adminPassword: undefined, given: "x" };
    writeFolder(folder, { ...content, secrets });
    const made = secret("adminPassword");
    rmSync(join(folder, "docker-compose.yml"));
    assert.deepEqual(writeFolder(folder, { ...content, secrets }), { made: [] });
    assert.equal(secret("adminPassword"), made);
  });
});
