import type { Props } from "../provider";
import { diffField } from "./diff";
import type { Fields } from "./field";

/** Inputs as they would have to be for the resource to be as it was found: what a refresh records. */
export function driftedInputs(fields: Fields, inputs: Props, outputs: Props): Props {
  const found: Props = { ...inputs };
  for (const [name, value] of Object.entries(inputs)) {
    const known = fields[name];
    const output = outputs[name];
    if (known === undefined || output === undefined) continue;
    if (Object.keys(diffField(known, name, value, output)).length > 0) {
      if (output === null) delete found[name];
      else found[name] = output;
    }
  }
  return found;
}
