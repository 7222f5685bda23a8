import { StackIdentity } from "../../components/stack-identity";

const OWNER = "gitlab.test/team/site";

/** Whose the tests' things in Docker are: of programs in tests, and of a second team in the sandbox (./team). */
export const TEST_OWNERS = [OWNER, "127.0.0.1:8929/team-b/shop"];

/** The identity that a test's program gives what it makes. */
export function testIdentity(): StackIdentity {
  return new StackIdentity("identity", { owner: OWNER });
}
