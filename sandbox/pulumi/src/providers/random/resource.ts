import type { Props, ResourceState } from "../provider";
import type { Fields } from "../schema/field";

/** One kind of random value: made once, kept in the state, made anew when any of its inputs changes. */
export interface RandomResource {
  readonly fields: Fields;
  /** Outputs that follow from the inputs alone, so that a preview can show them. */
  settings(inputs: Props): Props;
  /** Outputs that creation makes, UNKNOWN in a preview. */
  readonly made: readonly string[];
  /** A reason why these known inputs can't be met, with the property to blame. */
  reject?(settings: Props): { readonly property: string; readonly reason: string } | undefined;
  make(settings: Props): ResourceState;
}
