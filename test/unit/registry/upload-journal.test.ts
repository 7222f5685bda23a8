import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { UploadJournal } from "../../../components/registry/copy/upload-journal";

const HOUR = 3600 * 1000;

describe("UploadJournal", () => {
  let folder: string;
  let journal: UploadJournal;
  const key = { registry: "nexus.example.com", repository: "blog", digest: "sha256:abc" };
  const upload = {
    location: new URL("https://nexus.example.com/v2/blog/uploads/1?_state=s3cret"),
    offset: 5,
  };
  const another = () => new UploadJournal(folder);
  const notes = () => readdirSync(folder);
  /** Changes what the one note says. */
  const edit = (change: object) => {
    const file = join(folder, notes()[0]!);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...change }));
  };
  /** A process id that belonged to a process which has ended. */
  const deadPid = () => spawnSync(process.execPath, ["-e", "0"]).pid;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-journal-"));
    journal = new UploadJournal(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("gives a released upload to the next one who asks, once", async () => {
    await journal.save(key, upload);
    await journal.release(key, upload);
    assert.deepEqual(await another().take(key), upload);
    assert.equal(await another().take(key), undefined);
  });

  it("gives nobody the upload of a process that lives", async () => {
    await journal.save(key, upload);
    assert.equal(await another().take(key), undefined);
    assert.equal(notes().length, 1);
  });

  it("gives the upload of a process that was killed", async () => {
    await journal.save(key, upload);
    edit({ owner: { pid: deadPid(), host: hostname() } });
    assert.deepEqual(await another().take(key), upload);
  });

  it("takes a process on another machine for gone after an hour", async () => {
    await journal.save(key, upload);
    const owner = { pid: 1, host: "another-machine" };
    edit({ owner, saved: Date.now() - HOUR / 2 });
    assert.equal(await another().take(key), undefined);
    edit({ owner, saved: Date.now() - 2 * HOUR });
    assert.deepEqual(await another().take(key), upload);
  });

  it("tells registries, repositories and digests apart", async () => {
    await journal.release(key, upload);
    for (const other of [{ registry: "x" }, { repository: "x" }, { digest: "sha256:x" }])
      assert.equal(await another().take({ ...key, ...other }), undefined);
    assert.deepEqual(await another().take(key), upload);
  });

  it("forgets", async () => {
    await journal.save(key, upload);
    await journal.forget(key);
    assert.deepEqual(notes(), []);
  });

  it("drops what is older than a day", async () => {
    await journal.release(key, upload);
    edit({ saved: Date.now() - 25 * HOUR });
    assert.equal(await another().take(key), undefined);
    const old = (Date.now() - 25 * HOUR) / 1000;
    utimesSync(join(folder, notes()[0]!), old, old);
    await another().take(key);
    assert.deepEqual(notes(), []);
  });

  it("keeps the folder and its notes to this user, also where the folder was open to others", async () => {
    chmodSync(folder, 0o777);
    await journal.save(key, upload);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, notes()[0]!)).mode & 0o777, 0o600);
  });

  it("takes no note that makes no sense", async () => {
    for (const text of ["", "null", "[]", "{}", '{"location":"nowhere"}']) {
      await journal.release(key, upload);
      writeFileSync(join(folder, notes()[0]!), text);
      assert.equal(await another().take(key), undefined);
    }
  });

  it("is off where it is told so, and where its folder can't be made", async () => {
    writeFileSync(join(folder, "file"), "");
    for (const none of [false, join(folder, "file", "below")] as const) {
      const off = new UploadJournal(none);
      await off.save(key, upload);
      await off.release(key, upload);
      assert.equal(await off.take(key), undefined);
      await off.forget(key);
    }
    assert.deepEqual(notes(), ["file"]);
  });
});
