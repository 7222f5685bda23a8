import { join } from "node:path";

/** The folder with Pulumi.yaml: this repository. */
export const projectRoot = join(__dirname, "..");
