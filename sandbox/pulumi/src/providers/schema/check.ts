import type { CheckResult, Props, Value } from "../provider";
import { UNKNOWN } from "../provider";
import type { Field, Fields } from "./field";
import { isObject } from "./value";

export interface CheckOptions {
  /** `docker:index/container:Container`, for messages. */
  readonly type: string;
  /** List the defaulted properties under `__defaults`, as Pulumi's bridge of Terraform plugins does. */
  readonly markDefaults?: boolean;
}

type Failure = CheckResult["failures"][number];

/** Inputs without nulls and with defaults, and a failure for each unsupported, missing or misshapen one. */
export function checkInputs(fields: Fields, news: Props, options: CheckOptions): CheckResult {
  const failures: Failure[] = [];
  return { inputs: checkObject(fields, news, "", options, failures), failures };
}

function checkObject(
  fields: Fields,
  news: Props,
  path: string,
  options: CheckOptions,
  failures: Failure[],
): Props {
  const inputs: Props = {};
  for (const [name, value] of Object.entries(news)) {
    if (name === "__defaults" || value === null || value === undefined) continue;
    const where = path === "" ? name : `${path}.${name}`;
    const known = fields[name];
    if (known === undefined || known.output === true) {
      failures.push({
        property: where,
        reason: `${options.type}: the sandbox does not support ${JSON.stringify(where)}`,
      });
      continue;
    }
    inputs[name] = checkValue(known, value, where, options, failures);
  }
  const defaulted = fillDefaults(fields, inputs, path, options, failures);
  return options.markDefaults === true ? { ...inputs, __defaults: defaulted } : inputs;
}

function fillDefaults(
  fields: Fields,
  inputs: Props,
  path: string,
  options: CheckOptions,
  failures: Failure[],
): string[] {
  const defaulted: string[] = [];
  for (const [name, known] of Object.entries(fields)) {
    if (inputs[name] !== undefined) continue;
    if (known.default !== undefined) {
      inputs[name] = known.default;
      defaulted.push(name);
    } else if (known.required === true) {
      const where = path === "" ? name : `${path}.${name}`;
      failures.push({ property: where, reason: `${options.type}: missing required property "${where}"` });
    }
  }
  return defaulted.sort();
}

function checkValue(
  known: Field,
  value: Value,
  where: string,
  options: CheckOptions,
  failures: Failure[],
): Value {
  if (value === UNKNOWN) return value;
  const wrong = misshapen(known, value) ?? known.accept?.(value);
  if (wrong !== undefined) {
    failures.push({ property: where, reason: `${options.type}: "${where}" ${wrong}` });
    return value;
  }
  if (known.kind === "object" && known.fields !== undefined && isObject(value)) {
    return checkObject(known.fields, value, where, options, failures);
  }
  if (known.kind === "objects" && known.fields !== undefined && Array.isArray(value)) {
    const inner = known.fields;
    return value.map((item, index) =>
      isObject(item) ? checkObject(inner, item, `${where}[${index}]`, options, failures) : item,
    );
  }
  return value;
}

/** What is wrong with the value's shape, never quoting the value: it may be a secret. */
function misshapen(known: Field, value: Value): string | undefined {
  switch (known.kind) {
    case "any":
      return undefined;
    case "string":
    case "number":
    case "boolean":
      return typeof value === known.kind ? undefined : `must be a ${known.kind}`;
    case "list":
    case "set":
      return Array.isArray(value) && value.every((item) => typeof item === "string" || item === UNKNOWN)
        ? undefined
        : "must be a list of strings";
    case "objects":
      return Array.isArray(value) && value.every((item) => isObject(item) || item === UNKNOWN)
        ? undefined
        : "must be a list of objects";
    case "map":
      return isObject(value) &&
        Object.values(value).every((item) => typeof item === "string" || item === UNKNOWN)
        ? undefined
        : "must be a map of strings";
    case "object":
      return isObject(value) ? undefined : "must be an object";
  }
}
