import type { CheckResult, Props } from "../provider";
import { checkInputs } from "../schema/check";
import { type Fields, field } from "../schema/field";
import { checkProviderConfig } from "../schema/unsupported";
import { parseRegistryAuth, refuseHost } from "./connection";

const FIELDS: Fields = {
  host: field("string", { accept: (value) => refuseHost(String(value)) }),
  certPath: field("string"),
  sshOpts: field("any", { accept: isList }),
  registryAuth: field("any"),
};

const AUTH_FIELDS: Fields = {
  address: field("string", { required: true }),
  username: field("string"),
  password: field("string"),
};

/** Lists come as JSON text. */
function isList(value: Props[string]): string | undefined {
  try {
    const list: unknown = typeof value === "string" ? JSON.parse(value) : value;
    if (Array.isArray(list)) return undefined;
  } catch {
    // It is no JSON: said below.
  }
  return "must be a list of strings";
}

/** Checks the arguments of `docker.Provider`: host, certPath, sshOpts and registryAuth; contexts are refused. */
export function checkDockerConfig(config: Props): CheckResult {
  const checked = checkProviderConfig("docker", FIELDS, config);
  const auths = parseRegistryAuth(checked.inputs["registryAuth"]);
  const failures = [...checked.failures];
  if (auths === undefined) {
    failures.push({
      property: "registryAuth",
      reason: 'pulumi:providers:docker: "registryAuth" must be a list',
    });
  }
  auths?.forEach((auth, index) => {
    const inner = checkInputs(AUTH_FIELDS, auth, { type: `pulumi:providers:docker registryAuth[${index}]` });
    failures.push(...inner.failures.map(({ reason }) => ({ property: "registryAuth", reason })));
  });
  return { inputs: checked.inputs, failures };
}
