import { StackIdentity } from "../../components/base/stack-identity";

const OWNER = "gitlab.test/team/site";

/** Whose the tests' things in Docker are: of programs in tests, and of a second team in the sandbox (./team). */
export const TEST_OWNERS = [OWNER, "127.0.0.1:8929/team-b/shop"];

/**
 * Projects of programs in tests. What an older Berth made, and what tests make without it, has no owner: it is known by
 * its project.
 */
export const TEST_PROJECTS = [
  "benchcompose",
  "deploying",
  "edge",
  "edgeacme",
  "edgeapps",
  "edgechanges",
  "edgetls",
  "edgenames",
  "edgeupgrade",
  "faults",
  "kept",
  "kinds",
  "permissions",
  "planted",
  "settings",
  "trust",
] as const;

/** The identity that a test's program gives what it makes. */
export function testIdentity(): StackIdentity {
  return new StackIdentity("identity", { owner: OWNER });
}
