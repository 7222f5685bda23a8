import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Where a program finds a module: it is the program's own @pulumi/pulumi that must run it.
 * @throws Error that says what to do where the module isn't installed for the program in that folder
 */
export function locate(directory: string, name: string): string {
  try {
    return createRequire(join(directory, "index.js")).resolve(name);
  } catch {
    throw new Error(
      `It looks like the Pulumi SDK has not been installed for the program in ${directory}: run \`npm install\` there`,
    );
  }
}
