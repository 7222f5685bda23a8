import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARIES } from "../../../components/deploy/secret-env/binaries";
import {
  ARCHS,
  type Arch,
  BINARIES_FILE,
  binariesText,
  type Compiled,
  compile,
  compilerMissing,
} from "../../support/docker/secret-env-compiler";
import { assertGolden } from "../../support/golden-file";

/** What runs a machine's programs here, before their own words; undefined where nothing does. */
const RUNNERS: Readonly<Record<Arch, readonly string[] | undefined>> = {
  amd64: process.arch === "x64" ? [] : emulator("x86_64"),
  arm64: process.arch === "arm64" ? [] : emulator("aarch64"),
};

function emulator(machine: string): readonly string[] | undefined {
  const found = spawnSync("sh", ["-c", `command -v qemu-${machine}-static`], { encoding: "utf8" });
  return found.status === 0 ? [found.stdout.trim()] : undefined;
}

describe("the program that puts secrets into variables", function () {
  this.timeout(900_000);
  const folder = mkdtempSync(join(tmpdir(), "berth-secret-env-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is what its source makes, for both machines", async function () {
    for (const arch of ARCHS) {
      const missing = await compilerMissing(arch);
      if (missing !== undefined) {
        console.log(`      ${missing}`);
        this.skip();
      }
    }
    const [amd64, arm64] = ARCHS.map((arch) => compile(arch, join(folder, arch))) as [Compiled, Compiled];
    const kept = readFileSync(BINARIES_FILE, "utf8");
    const same = [amd64, arm64].every(({ compiler }) => kept.includes(` by ${compiler}\n`));
    // Another compiler makes other bytes of it, whose behaviour is looked at below.
    if (same || process.env["GOLDEN"] === "write")
      assertGolden(BINARIES_FILE, binariesText({ amd64, arm64 }));
    for (const { bytes } of [amd64, arm64]) assert.ok(bytes.length < 4096);
    for (const arch of ARCHS)
      if (RUNNERS[arch]) behaves(arch, compile(arch, join(folder, `fresh-${arch}`)).bytes, "made here");
  });

  for (const arch of ARCHS)
    if (RUNNERS[arch])
      it(`keeps every byte of a value, says what is wrong without it, and becomes what it starts: ${arch}`, () =>
        behaves(arch, Buffer.from(BINARIES[arch]!, "base64"), "kept"));

  /** All that secret-env.c promises. */
  function behaves(arch: Arch, program: Buffer, what: string): void {
    const secrets = join(folder, `${arch} ${what}`);
    mkdirSync(secrets);
    const path = join(secrets, ".secret-env");
    writeFileSync(path, program, { mode: 0o500 });
    const keep = (name: string, value: string | Buffer) =>
      writeFileSync(join(secrets, name), value, { mode: 0o400 });
    const run = (words: readonly string[], env: Record<string, string> = {}) => {
      const [file, ...args] = [...RUNNERS[arch]!, path, ...words] as [string, ...string[]];
      const { status, signal, stdout, stderr } = spawnSync(file, args, {
        env,
        cwd: secrets,
        encoding: "buffer",
      });
      return { code: status ?? signal, out: stdout, said: stderr.toString() };
    };
    const says = (words: readonly string[], code: number, said: string, env?: Record<string, string>) => {
      const ran = run(words, env);
      assert.deepEqual(
        [ran.code, ran.said, ran.out.toString()],
        [code, `${said}\n`, ""],
        `${arch}: ${words}`,
      );
    };
    const environ = (names: readonly string[], env: Record<string, string>) => {
      const { code, out, said } = run([...names, "--", "/bin/cat", "/proc/self/environ"], env);
      assert.deepEqual([code, said], [0, ""]);
      return out.toString("latin1").split("\0").slice(0, -1).sort();
    };
    const OUR_WORDS = "-----BEGIN-----\nline=2\n\n";
    const bytes = Buffer.from([0xff, 0xfe, 0x80, 0x0a, 0x3d, 0x0d, 0x0a]);
    const long = "x".repeat(128 * 1024 - "LONG=".length - 1);
    keep("KEY", OUR_WORDS);
    keep("BYTES", bytes);
    keep("LONG", long);
    keep("EMPTY", "");
    assert.deepEqual(environ(["KEY", "BYTES", "EMPTY"], { A: "b", KEY: "from the image", KEYS: "other" }), [
      "A=b",
      `BYTES=${bytes.toString("latin1")}`,
      "EMPTY=",
      `KEY=${OUR_WORDS}`,
      "KEYS=other",
    ]);
    assert.deepEqual(environ(["LONG"], {}), [`LONG=${long}`]);
    assert.deepEqual(environ([], { A: "b" }), ["A=b"]);
    becomes();

    keep("LONGER", `${long}x`);
    keep("ZERO", "hunter22\0hunter22");
    mkdirSync(join(secrets, "FOLDER"));
    const at = (name: string) => `secret ${join(secrets, name)}: `;
    says(["GONE", "--", "/bin/true"], 125, `${at("GONE")}no such file or directory`);
    says(["KEY", "FOLDER", "--", "/bin/true"], 125, `${at("FOLDER")}is a directory`);
    says(
      ["ZERO", "--", "/bin/true"],
      125,
      `${at("ZERO")}has a zero byte, which no environment variable can have`,
    );
    says(
      ["LONGER", "--", "/bin/true"],
      125,
      `${at("LONGER")}longer than an environment variable may be (128 KiB)`,
    );
    says(["KEY", "/bin/true"], 125, "usage: secret-env NAME... -- PROGRAM [ARGUMENT...]");
    const none = "no program to start: the image has neither an entry point nor a command";
    says(["KEY", "--"], 125, none);
    says(["KEY", "--", ""], 125, none);
    starts();

    /** The same process, with the words and the exit code of what was asked for. */
    function becomes(): void {
      const words = [
        "/bin/sh",
        "-c",
        'printf "%s," "$0" "$@"; printf %s "$KEY" | wc -c; exit 7',
        "a b",
        "",
        "--",
      ];
      const ran = run(["KEY", "--", ...words], { PATH: "/usr/bin:/bin" });
      assert.deepEqual([ran.code, ran.out.toString()], [7, `a b,,--,${OUR_WORDS.length}\n`]);
      assert.equal(run(["--", "/bin/sh", "-c", "kill -TERM $$"]).code, "SIGTERM");
      const list = ["/bin/ls", "/proc/self/fd"] as const;
      const direct = spawnSync(list[0], list.slice(1), { encoding: "utf8" }).stdout;
      assert.equal(run(["KEY", "--", ...list]).out.toString(), direct, "the secret's file is closed");
    }

    /** Finds programs as execvp(3) does, and says what can't be started. */
    function starts(): void {
      const script = (name: string, text: string, mode: number) => {
        writeFileSync(join(secrets, name), text);
        chmodSync(join(secrets, name), mode);
      };
      mkdirSync(join(secrets, "bin"));
      script("bin/tool", "#!/bin/sh\necho tool $0 $1\n", 0o755);
      script("plain", "#!/bin/sh\n", 0o644);
      script("no-shebang", "echo hi\n", 0o755);
      const found = (PATH: string) => run(["KEY", "--", "tool", "x"], { PATH }).out.toString();
      assert.equal(found(`/nowhere:${secrets}/bin`), `tool ${secrets}/bin/tool x\n`);
      assert.equal(found(`${secrets}/plain:bin:`), "tool bin/tool x\n");
      assert.equal(run(["--", "true"]).code, 0, "without a PATH it is Docker's own");
      assert.equal(run(["--", "./bin/tool"]).code, 0, "from the working directory");
      says(["KEY", "--", "/no/such"], 127, "exec /no/such: no such file or directory");
      says(["KEY", "--", "/bin/sh/x"], 127, "exec /bin/sh/x: not a directory");
      says(["KEY", "--", "no-such"], 127, "exec no-such: no such file or directory", { PATH: "/bin::/x" });
      says(["KEY", "--", "./plain"], 126, "exec ./plain: permission denied");
      says(["KEY", "--", "plain"], 126, "exec plain: permission denied", { PATH: "/nowhere:" });
      says(["KEY", "--", "./no-shebang"], 126, "exec ./no-shebang: exec format error");
    }
  }
});
