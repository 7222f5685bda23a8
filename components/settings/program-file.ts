import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { NAMESPACE, type Written } from "./written";

let given: Written | undefined;

/** For what knows better than the file on disk: `berth` knows it as it was before the engine wrote into it. */
export function useWritten(written: Written | undefined): void {
  given = written;
}

/**
 * The words of the stack file that the program's settings came out of, as far as can be known: the engine hands out what it has
 * made of them. Read when first asked, as most programs need none of it.
 */
export function programFile(): Written {
  if (given) return given;
  let file: Written | undefined;
  const read = () => {
    file ??= readFile();
    return file;
  };
  const hasSecrets = ([key]: readonly PropertyKey[]) => holdsSecrets(`${NAMESPACE}:${String(key)}`);
  return {
    textAt: (path, value) => read().textAt(path, value),
    isSecret: (path) => hasSecrets(path) && read().isSecret(path),
    mayBeSecret: (path) => hasSecrets(path) && read().mayBeSecret(path),
  };
}

function readFile(): Written {
  // A YAML parser takes its time to load.
  const { pulumiProject, stackFilePath }: typeof import("./pulumi-project") = require("./pulumi-project");
  const { writtenSettings }: typeof import("./written-settings") = require("./written-settings");
  const project = pulumiProject(pulumi.runtime.getRootDirectory() || process.cwd());
  const path = project && stackFilePath(project, pulumi.getStack());
  const text = path && existsSync(path) ? readFileSync(path, "utf8") : "";
  return writtenSettings(text, pulumi.getProject(), holdsSecrets);
}

/** Whether something in it is secret, of the file or of an environment. Pulumi has no published type for its own function. */
function holdsSecrets(key: string): boolean {
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret?(key: string): boolean };
  return isConfigSecret?.(key) ?? true;
}
