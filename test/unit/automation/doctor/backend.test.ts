import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { backendFinding, lockFinding } from "../../../../automation/doctor/backend";
import { passphraseFinding } from "../../../../automation/doctor/passphrase";
import { withPrograms } from "./fake-programs";

const fails = (said: string) => `echo 'error: ${said}' >&2; exit 255`;
const at = (url: string) => `echo '{"user":"ci","url":"${url}"}'`;

describe("doctor on the state backend", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-backend-"));
  });
  after(() => rmSync(folder, { recursive: true }));
  const found = (pulumi: string) => withPrograms({ pulumi }, () => backendFinding(undefined));

  it("fails where the CLI is logged in nowhere, with what to log in to", async () => {
    const { state, text, advice } = await found(
      fails("this command requires logging in; try running `pulumi login` first"),
    );
    assert.equal(state, "fail");
    assert.match(text, /logged in nowhere \(this command requires logging in/);
    assert.match(advice!, /^pulumi login "file:\/\/\$HOME"/);
  });

  it("fails where the folder of the states isn't there", async () => {
    const { state, text, advice } = await found(
      fails('unable to open state directory "file:///srv/none": stat /srv/none: no such file or directory'),
    );
    assert.deepEqual(
      [state, text, advice],
      ["fail", "there is no folder /srv/none for states", "mkdir -p /srv/none"],
    );
  });

  it("repeats what another backend said, without what is secret in its address", async () => {
    assert.match(
      (await found(fails("NoCredentialProviders: no valid providers in chain"))).text,
      /^NoCredentialProviders/,
    );
    const other = await found(at("s3://key:hidden@states?region=eu"));
    assert.equal(other.state, "ok");
    assert.match(other.text, /^s3:\/\/states answers; whether it takes writes/);
    assert.match((await found(at(`file://${folder}`))).text, /can be written$/);
  });
});

describe("doctor on the lock", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-lock-"));
    mkdirSync(join(folder, ".pulumi", "locks", "organization", "berth", "dev"), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true }));
  const lock = (pid: number, host: string, stack = "dev") => {
    mkdirSync(join(folder, ".pulumi", "locks", "organization", "berth", stack), { recursive: true });
    const holder = { pid, username: "ci", hostname: host, timestamp: "2026-11-30T08:00:00Z" };
    writeFileSync(
      join(folder, ".pulumi", "locks", "organization", "berth", stack, "1.json"),
      JSON.stringify(holder),
    );
  };
  const found = (stack = "dev") => withPrograms({ pulumi: at(`file://${folder}`) }, () => lockFinding(stack));

  it("says nothing of another stack's", async () => {
    lock(1, "elsewhere", "prod");
    assert.equal((await found()).text, "nobody holds it");
  });

  it("warns of one whose process is gone, with the line that takes it away", async () => {
    lock(99_999_999, hostname());
    const { state, text, advice } = await found();
    assert.equal(state, "warn");
    assert.match(
      text,
      /^ci@.* \(process 99999999, since 2026-11-30T08:00:00Z\) holds it; there is no such process here/,
    );
    assert.match(advice!, /^pulumi cancel --yes --stack dev # if that run is gone for good$/);
  });

  it("tells a run that goes on, and one of another machine, from that", async () => {
    lock(process.pid, hostname());
    const running = await found();
    assert.deepEqual([running.advice, /and runs now/.test(running.text)], ["Wait for it", true]);
    lock(process.pid, "another-machine");
    assert.match((await found("acme/dev")).text, /what it is can't be seen from here/);
  });
});

describe("doctor on the passphrase", () => {
  /** Written by `pulumi stack init` of 3.274.1 with the passphrase "correct-horse". */
  const SALT = "v1:Gt2+3Fr7HR0=:v1:DmZHLrETVDBSRAPp:qWUxmkV1R9keVstPH3HByjiohPleKA==";
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-passphrase-"));
  });
  after(() => rmSync(folder, { recursive: true }));
  const found = (file: string, env: NodeJS.ProcessEnv) => {
    const path = join(folder, "Pulumi.dev.yaml");
    writeFileSync(path, file);
    return passphraseFinding(path, "dev", env);
  };
  const salted = `encryptionsalt: ${SALT}\nconfig: {}\n`;

  it("is ok with the one that the stack was made with, out of the variable or a file", async () => {
    writeFileSync(join(folder, "passphrase"), "correct-horse\n");
    const byText = await found(salted, { PULUMI_CONFIG_PASSPHRASE: "correct-horse" });
    const byFile = await found(salted, { PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, "passphrase") });
    assert.deepEqual([byText.state, byFile.state], ["ok", "ok"], byText.text + byFile.text);
  });

  it("fails with another one, an empty one too, and with none, and repeats neither", async () => {
    for (const given of ["wrong-battery", ""]) {
      const { state, text, advice } = await found(salted, { PULUMI_CONFIG_PASSPHRASE: given });
      assert.equal(state, "fail");
      assert.match(text, /^PULUMI_CONFIG_PASSPHRASE is not the one of the stack's secrets/);
      assert.doesNotMatch(`${text} ${advice}`, /wrong-battery/);
    }
    assert.match((await found(salted, {})).text, /^neither PULUMI_CONFIG_PASSPHRASE nor .* is set/);
  });

  it("fails for a file that can't be read", async () => {
    const { state, text } = await found(salted, { PULUMI_CONFIG_PASSPHRASE_FILE: "/nowhere/passphrase" });
    assert.deepEqual([state, /names a file that can't be read: ENOENT/.test(text)], ["fail", true]);
  });

  it("is wanted for a first update, and by no stack whose secrets somebody else keeps", async () => {
    assert.equal((await found("config: {}\n", {})).state, "warn");
    const kept = await found("secretsprovider: hashivault://key?x=y\nconfig: {}\n", {});
    assert.deepEqual(
      [kept.state, kept.text],
      ["ok", "none: the stack's secrets are kept by hashivault://key"],
    );
  });
});
