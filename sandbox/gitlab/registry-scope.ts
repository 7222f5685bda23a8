import type { AccessToken, Project, RegistryScope } from "./access-tokens";

/** One entry of the `access` claim of a registry token (distribution's token specification). */
export interface Access {
  type: string;
  name: string;
  actions: string[];
}

const scopeOfAction: Record<string, RegistryScope> = {
  pull: "read_registry",
  push: "write_registry",
  delete: "delete_registry",
};

/**
 * The scopes of a request, `type:name:action,action` each: several may come as several parameters or, as the
 * OAuth2 form has it, in one with spaces between. The name may hold colons (a host with its port).
 */
export function parseScopes(parameters: string[]): Access[] {
  return parameters
    .flatMap((parameter) => parameter.split(" "))
    .map((scope) => /^([^:]+):(.+):([^:]*)$/.exec(scope))
    .filter((match) => match !== null)
    .map(([, type = "", name = "", actions = ""]) => ({
      type,
      name,
      actions: actions.split(",").filter(Boolean),
    }));
}

/**
 * What of the wish the token allows. As GitLab does, what is not allowed is left out without an error (the
 * registry then answers 401 with the scope it misses): unknown projects, the catalogue, and the `*` action.
 */
export function grantedAccess(
  wanted: Access[],
  token: AccessToken | undefined,
  projects: Project[],
): Access[] {
  if (!token || !projects.some((project) => project.path === token.project)) return [];
  return wanted
    .filter((one) => one.type === "repository" && belongsTo(one.name, token.project))
    .map((one) => ({ ...one, actions: one.actions.filter((action) => isAllowed(action, token)) }))
    .filter((one) => one.actions.length > 0);
}

/** An image's name is its project's path, or continues it. */
const belongsTo = (name: string, project: string) => name === project || name.startsWith(`${project}/`);

function isAllowed(action: string, token: AccessToken): boolean {
  const scope = scopeOfAction[action];
  return scope !== undefined && token.scopes.includes(scope);
}
