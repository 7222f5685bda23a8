import type { CheckRequest, CheckResult, DiffRequest, DiffResult, Props } from "../provider";
import { UNKNOWN } from "../provider";
import { withAutoName } from "../schema/auto-name";
import { checkInputs } from "../schema/check";
import { diffOutputs } from "../schema/diff";
import { type Fields, field } from "../schema/field";
import { plannedOutputs, updatedOutputs } from "../schema/plan";

export interface TableOptions {
  readonly autoName?: boolean;
  readonly deleteBeforeReplace?: boolean;
}

/** The parts of a resource that follow from its table of fields alone. */
export function tableResource(fields: Fields, options: TableOptions) {
  return {
    check: async (request: CheckRequest): Promise<CheckResult> => {
      const { inputs, failures } = checkInputs(fields, request.news, {
        type: request.type,
        markDefaults: true,
      });
      return { inputs: options.autoName === true ? withAutoName(request, inputs) : inputs, failures };
    },
    diff: (request: DiffRequest): DiffResult =>
      diffOutputs(fields, request.newInputs, request.oldOutputs, options.deleteBeforeReplace),
    preview: (inputs: Props, oldOutputs: Props | undefined): Props =>
      oldOutputs === undefined
        ? { ...plannedOutputs(fields, inputs), id: UNKNOWN }
        : updatedOutputs(fields, inputs, oldOutputs),
  };
}

/** Labels as the plugin writes them: a set of pairs. */
export const LABEL_FIELDS: Fields = {
  label: field("string", { required: true }),
  value: field("string", { required: true }),
};

export function labelsToMap(labels: Props[string] | undefined): { [label: string]: string } {
  const pairs = Array.isArray(labels) ? (labels as Props[]) : [];
  return Object.fromEntries(pairs.map((pair) => [String(pair["label"]), String(pair["value"])]));
}

export function labelsFromMap(labels: { [label: string]: string } | null | undefined): Props[] {
  return Object.entries(labels ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([label, value]) => ({ label, value }));
}
