import { StackState, type StateResource } from "../../../automation/engine/stack-state";

/** The state of a stack with that identity and these resources. */
export function stackStateOf(identity: string, ...resources: Partial<StateResource>[]): StackState {
  const type = "pulumi-nodejs:dynamic/stack:Identity";
  const known = { urn: "", type, id: identity, outputs: { owner: "gitlab.test/team/site" } };
  return new StackState({ resources: [known, ...resources.map((one) => ({ urn: "", type: "", ...one }))] });
}
