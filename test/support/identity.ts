import { StackIdentity } from "../../components/stack-identity";

/** The identity that a test's program gives what it makes. */
export function testIdentity(): StackIdentity {
  return new StackIdentity("identity", { owner: "gitlab.test/team/site" });
}
