import { Level, mustReadAs, mustWrite } from "./base/caller";
import { ApiFailure, badParameter, failure, notInSandbox } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Body, Route } from "./base/request";
import type { Variable } from "./store";

/** GitLab's limit, in characters. */
const LONGEST_VALUE = 10_000;
const KEY = /^[a-zA-Z0-9_]{1,255}$/;
/** What the runner can find again in a job's log (app/models/concerns/ci/maskable.rb): expanded, and raw. */
const MASKABLE = /^[a-zA-Z0-9_+=/@:.~-]{8,}$/;
const MASKABLE_RAW = /^\S{8,}$/;

/** A project's CI/CD variables. Several of one key differ by their scope, and are told apart by `filter[environment_scope]`. */
export const variableRoutes: readonly Route[] = [
  ["GET", "/variables", list],
  ["POST", "/variables", create],
  ["GET", "/variables/*", get],
  ["PUT", "/variables/*", update],
  ["DELETE", "/variables/*", remove],
];

function list(request: ApiRequest): ApiAnswer {
  mustReadAs(request.caller, Level.maintainer);
  const { items, headers } = paginate(variablesOf(request), request.address);
  return { status: 200, body: items.map(variableJson), headers };
}

function get(request: ApiRequest): ApiAnswer {
  mustReadAs(request.caller, Level.maintainer);
  return { status: 200, body: variableJson(findVariable(request)) };
}

function create(request: ApiRequest): ApiAnswer {
  const { caller, store, project, body } = request;
  mustWrite(caller, Level.maintainer);
  const hidden = flagIn(body, "masked_and_hidden") ?? false;
  const created: Variable = {
    project,
    key: body.text("key"),
    value: body.text("value"),
    description: null,
    variable_type: "env_var",
    protected: false,
    raw: false,
    environment_scope: "*",
    ...settingsIn(body),
    hidden,
    masked: hidden || (flagIn(body, "masked") ?? false),
  };
  check(created, variablesOf(request));
  store.content.variables.push(created);
  store.changed();
  return { status: 201, body: variableJson(created) };
}

function update(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const found = findVariable(request);
  const { body, store } = request;
  const value = body.optional("value");
  const masked = flagIn(body, "masked");
  if (found.hidden && masked === false) throw notInSandbox("way to show a hidden variable again");
  const changed = {
    ...found,
    ...settingsIn(body),
    value: value ?? found.value,
    masked: masked ?? found.masked,
  };
  check(
    changed,
    variablesOf(request).filter((one) => one !== found),
  );
  Object.assign(found, changed);
  store.changed();
  return { status: 200, body: variableJson(found) };
}

function remove(request: ApiRequest): ApiAnswer {
  mustWrite(request.caller, Level.maintainer);
  const { content } = request.store;
  const found = findVariable(request);
  content.variables = content.variables.filter((one) => one !== found);
  request.store.changed();
  return { status: 204 };
}

function settingsIn(body: Body): Partial<Variable> {
  const type = body.optional("variable_type");
  if (type !== undefined && type !== "env_var" && type !== "file")
    throw badParameter("variable_type does not have a valid value");
  const [isProtected, raw] = [flagIn(body, "protected"), flagIn(body, "raw")];
  const [scope, description] = [body.optional("environment_scope"), body.optional("description")];
  return {
    ...(type !== undefined && { variable_type: type }),
    ...(isProtected !== undefined && { protected: isProtected }),
    ...(raw !== undefined && { raw }),
    ...(scope !== undefined && { environment_scope: scope }),
    ...(description !== undefined && { description }),
  };
}

/** @throws ApiFailure 400 with GitLab's validation messages by field */
function check(one: Variable, others: readonly Variable[]): void {
  const problems: Record<string, string[]> = {};
  const add = (field: string, words: string) => {
    problems[field] = [...(problems[field] ?? []), words];
  };
  if (!KEY.test(one.key)) add("key", "can contain only letters, digits and '_'.");
  if (others.some((other) => other.key === one.key && other.environment_scope === one.environment_scope))
    add("key", `(${one.key}) has already been taken`);
  if (one.value.length > LONGEST_VALUE) add("value", `is too long (maximum is ${LONGEST_VALUE} characters)`);
  if (one.masked && !(one.raw ? MASKABLE_RAW : MASKABLE).test(one.value)) add("value", "is invalid");
  if (!/^[\w$.{}* /-]+$/.test(one.environment_scope)) add("environment_scope", "is invalid");
  if (Object.keys(problems).length > 0) throw new ApiFailure(400, { message: problems });
}

function variablesOf({ store, project }: ApiRequest): Variable[] {
  return store.content.variables.filter((one) => one.project === project);
}

function findVariable(request: ApiRequest): Variable {
  const scope = request.address.searchParams.get("filter[environment_scope]");
  const found = variablesOf(request)
    .filter(({ key }) => key === request.parts[0])
    .filter(({ environment_scope }) => scope === null || environment_scope === scope);
  if (found.length > 1) {
    const words =
      "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'";
    throw failure(409, words);
  }
  if (!found[0]) throw failure(404, "Variable Not Found");
  return found[0];
}

/** Undefined where nothing is said. */
function flagIn(body: Body, name: string): boolean | undefined {
  const given = body.optional(name);
  if (given !== undefined && given !== "true" && given !== "false") throw badParameter(`${name} is invalid`);
  return given === undefined ? undefined : given === "true";
}

/** What is hidden is never told again. */
function variableJson({ project: _, ...one }: Variable): object {
  return { ...one, value: one.hidden ? null : one.value };
}
