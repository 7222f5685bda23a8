import { createRequire } from "node:module";
import "../rpc/load-later.cjs";
import { whenParentIsGone } from "../rpc/when-parent-is-gone";
import { locate } from "./locate";

/** Pulumi's own goes on with what it does when the engine was killed, and stays for good; this one for a while. */
const AFTER_ENGINE_MS = 60_000;

/**
 * Stands in for `pulumi-resource-pulumi-nodejs` beside a CLI that was built from its sources, which bring none: becomes
 * Pulumi's own process for dynamic providers, as the program in this folder has it installed.
 */
export function serveDynamicProviders(): void {
  const main = locate(process.cwd(), "@pulumi/pulumi/cmd/dynamic-provider");
  whenParentIsGone(() => setTimeout(() => process.exit(1), AFTER_ENGINE_MS));
  createRequire(main)(main);
}
