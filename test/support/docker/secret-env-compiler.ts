import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled } from "../../../sandbox/lib/requirements";
import { installIfDebian } from "../../../sandbox/preflight";

const folder = join(__dirname, "..", "..", "..", "components", "deploy", "secret-env");
export const SOURCE = join(folder, "secret-env.c");
export const BINARIES_FILE = join(folder, "binaries.ts");

/** Docker's word for a machine → Debian's compiler for it, which on such a machine is in another package. */
const COMPILERS = {
  amd64: { program: "x86_64-linux-gnu-gcc", package: "gcc-x86-64-linux-gnu", otherPackage: "gcc" },
  arm64: { program: "aarch64-linux-gnu-gcc", package: "gcc-aarch64-linux-gnu", otherPackage: "gcc" },
} as const;
export type Arch = keyof typeof COMPILERS;
export const ARCHS: readonly Arch[] = ["amd64", "arm64"];

/** One segment that is read and run and nothing that differs from build to build. */
const FLAGS = [
  "-std=c11 -Os -Wall -Wextra -Werror",
  "-ffreestanding -nostdlib -static -no-pie -fno-pie -fno-stack-protector -fno-tree-loop-distribute-patterns",
  "-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -s",
  "-Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,noseparate-code -Wl,-z,norelro",
];

export interface Compiled {
  readonly bytes: Buffer;
  /** As the compiler says it: `gcc (Debian 12.2.0-14) 12.2.0`. */
  readonly compiler: string;
}

/** Why there is no compiler for it here, after it was looked for among Debian's packages; undefined where there is one. */
export async function compilerMissing(arch: Arch): Promise<string | undefined> {
  const compiler = COMPILERS[arch];
  if (isInstalled(compiler.program)) return undefined;
  const wanted = { ...compiler, purpose: "building secret-env.c" };
  const installed = await installIfDebian(wanted, () => undefined).catch(() => false);
  return installed ? undefined : `${compiler.program} is missing (Debian's package ${compiler.package})`;
}

export function compile(arch: Arch, output: string): Compiled {
  const { program } = COMPILERS[arch];
  execFileSync(program, [...FLAGS.flatMap((flags) => flags.split(" ")), "-o", output, SOURCE]);
  const version = execFileSync(program, ["--version"], { encoding: "utf8" }).split("\n")[0]!;
  return { bytes: readFileSync(output), compiler: version.replace(/^\S+/, "gcc") };
}

/** The file that holds the programs of both. */
export function binariesText(compiled: Readonly<Record<Arch, Compiled>>): string {
  const lines = (bytes: Buffer) => bytes.toString("base64").replace(/.{1,120}/g, "$&\n");
  return [
    "/**",
    " * Made of secret-env.c by its test, which makes it again and compares (test/integration/deploy/secret-env.test.ts):",
    ...ARCHS.map((arch) => ` * ${arch} by ${compiled[arch].compiler}`),
    ...FLAGS.map((flags) => ` *   ${flags}`),
    " */",
    "export const BINARIES: Readonly<Record<string, string>> = {",
    ...ARCHS.map((arch) => `  ${arch}: \`\n${lines(compiled[arch].bytes)}\`,`),
    "};",
    "",
  ].join("\n");
}
