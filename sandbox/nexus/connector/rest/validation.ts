import { isObject } from "../http-tools";
import type { DockerAttributes, DockerProxyAttributes, RepositoryType } from "../record";

/** One entry of Nexus's validation errors (shape E1), or of its JSON type errors (E2). */
export interface FieldError {
  id: string;
  message: string;
}

export interface DockerSettings {
  docker: DockerAttributes;
  dockerProxy?: DockerProxyAttributes;
  latestPolicy?: boolean;
}

/** What is wrong with the docker parts of a request; the real server checks all the rest. */
export interface Checked {
  /** JSON of the wrong type (E2): the real server would not get as far as validating */
  typeErrors: FieldError[];
  /** E1 */
  errors: FieldError[];
  /** Complete where there are no errors. */
  settings: DockerSettings;
}

type Json = Record<string, unknown>;

const notNull = (field: string): FieldError => ({ id: `PARAMETER ${field}`, message: "must not be null" });

/** Checks `docker`, `dockerProxy` and a hosted repository's own parts of `storage` in a body of POST or PUT /v1/repositories/docker/*. */
export function checkDocker(type: RepositoryType, body: Json): Checked {
  const reader = new Reader();
  const docker = reader.object(body, "docker", "");
  const settings: DockerSettings = { docker: dockerAttributes(reader, docker) };
  if (type === "proxy") settings.dockerProxy = dockerProxy(reader, reader.object(body, "dockerProxy", ""));
  if (type === "hosted" && isObject(body.storage)) {
    reader.writePolicy(body.storage);
    const latest = reader.boolean(body.storage, "latestPolicy", "storage.");
    if (latest !== null) settings.latestPolicy = latest;
  }
  return { typeErrors: reader.typeErrors, errors: reader.errors, settings };
}

function dockerAttributes(reader: Reader, docker: Json | undefined): DockerAttributes {
  const required = (field: string) => {
    const value = docker ? reader.boolean(docker, field, "docker.") : null;
    if (docker && value === null) reader.missing(field);
    return value ?? false;
  };
  const attributes = {
    v1Enabled: required("v1Enabled"),
    forceBasicAuth: required("forceBasicAuth"),
    httpPort: docker ? reader.port(docker, "httpPort") : null,
    httpsPort: docker ? reader.port(docker, "httpsPort") : null,
    subdomain: docker ? reader.text(docker, "subdomain", "docker.") : null,
  };
  if (attributes.httpPort !== null && attributes.httpPort === attributes.httpsPort)
    reader.errors.push(portError("httpsPort", "HTTP and HTTPS ports must be different"));
  return attributes;
}

function dockerProxy(reader: Reader, value: Json | undefined): DockerProxyAttributes {
  const prefix = "dockerProxy.";
  const indexType = value ? reader.text(value, "indexType", prefix) : null;
  if (value && indexType === null) reader.missing("indexType");
  const known = indexType === "HUB" || indexType === "REGISTRY" || indexType === "CUSTOM";
  if (indexType !== null && !known)
    reader.wrongEnum(`${prefix}indexType`, indexType, "[REGISTRY, CUSTOM, HUB]");
  const indexUrl = value ? reader.text(value, "indexUrl", prefix) : null;
  if (indexType === "CUSTOM" && !indexUrl) reader.missing("indexUrl");
  const list = value?.foreignLayerUrlWhitelist;
  return {
    indexType: known ? indexType : "REGISTRY",
    indexUrl,
    cacheForeignLayers: (value && reader.boolean(value, "cacheForeignLayers", prefix)) ?? false,
    foreignLayerUrlWhitelist: Array.isArray(list) ? list.map(String) : [],
  };
}

/** The id is our guess: Sonatype's connector is closed source; the path is that of the stored attribute. */
export const portError = (field: "httpPort" | "httpsPort", message: string): FieldError => ({
  id: `HelperBean.attributes[docker].${field}`,
  message,
});

/** As the real server words it for other formats (measured). */
export const memberMismatch = (member: string): FieldError => ({
  id: "HelperBean.memberNames",
  message: `Member repository format does not match group repository format: ${member}`,
});

/** Reads fields as Jackson does: numbers in strings are numbers, other types are errors. */
class Reader {
  readonly typeErrors: FieldError[] = [];
  readonly errors: FieldError[] = [];

  missing(field: string): void {
    this.errors.push(notNull(field));
  }

  object(from: Json, field: string, prefix: string): Json | undefined {
    const value = from[field];
    if (isObject(value)) return value;
    if (value === undefined || value === null) this.missing(field);
    else this.wrong(prefix + field, "an object", value);
    return undefined;
  }

  boolean(from: Json, field: string, prefix: string): boolean | null {
    const value = from[field];
    if (value === undefined || value === null) return null;
    if (typeof value === "boolean") return value;
    if (value === "true" || value === "false") return value === "true";
    this.wrong(prefix + field, "`java.lang.Boolean`", value);
    return null;
  }

  text(from: Json, field: string, prefix: string): string | null {
    const value = from[field];
    if (value === undefined || value === null) return null;
    if (typeof value === "object") this.wrong(prefix + field, "`java.lang.String`", value);
    return String(value);
  }

  /** Its case does not matter, and is kept. */
  writePolicy(storage: Json): void {
    const policy = this.text(storage, "writePolicy", "storage.");
    if (policy === null) this.missing("writePolicy");
    else if (!["ALLOW", "ALLOW_ONCE", "DENY"].includes(policy.toUpperCase()))
      this.wrongEnum("storage.writePolicy", policy, "[ALLOW, DENY, ALLOW_ONCE]");
  }

  port(from: Json, field: "httpPort" | "httpsPort"): number | null {
    const value = from[field];
    if (value === undefined || value === null || value === "") return null;
    const port = typeof value === "boolean" || typeof value === "object" ? Number.NaN : Number(value);
    if (!Number.isInteger(port)) {
      this.wrong(`docker.${field}`, "`java.lang.Integer`", value);
      return null;
    }
    if (port < 1)
      this.errors.push({ id: `PARAMETER ${field}`, message: "must be greater than or equal to 1" });
    if (port > 65535)
      this.errors.push({ id: `PARAMETER ${field}`, message: "must be less than or equal to 65535" });
    return port;
  }

  wrongEnum(id: string, value: string, accepted: string): void {
    const message = `Cannot deserialize value of type enum from String "${value}": not one of the values accepted for Enum class: ${accepted}`;
    this.typeErrors.push({ id, message });
  }

  private wrong(id: string, wanted: string, value: unknown): void {
    const found = typeof value === "string" ? `String ${JSON.stringify(value)}` : JSON.stringify(value);
    this.typeErrors.push({ id, message: `Cannot deserialize value of type ${wanted} from ${found}` });
  }
}
