import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, join, sep } from "node:path";

/** The first executable file of that name on a PATH, none that really lies below one of the folders `except`. */
export function findExecutable(
  name: string,
  path: string,
  except: readonly string[] = [],
): string | undefined {
  const candidates = path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name));
  return candidates.find((file) => isExecutable(file) && !except.some((folder) => liesBelow(file, folder)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function liesBelow(file: string, folder: string): boolean {
  const [real, root] = [file, folder].map(realOr);
  return real!.startsWith(root! + sep) || file.startsWith(folder + sep);
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // it isn't there
  }
}
