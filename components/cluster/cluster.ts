import { codeOf, messageOf } from "../values/error-facts";
import { isJsonObject } from "../values/json-object";
import { ClusterError } from "./cluster-error";
import {
  type ClusterPlace,
  type KubeConfig,
  loadClient,
  readKubeconfig,
  userCertificateEnd,
} from "./kubeconfig";

/** Milliseconds for one answer: an API server that is well takes tens of them. */
const PATIENCE_MS = 10_000;
/** Node's codes for a certificate that isn't trusted. */
const UNTRUSTED = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

type Apis = Awaited<ReturnType<typeof apisOf>>;

/** What is asked for, as roles of Kubernetes name it. */
export interface Asked {
  readonly verb: "get" | "list" | "create" | "update" | "delete";
  /** `deployments`, `pods/log`. */
  readonly resource: string;
  readonly name?: string;
}

/** A namespace of a cluster, asked by the official client. Each call has a limit of its own and is made once. */
export class Cluster {
  private constructor(
    readonly namespace: string,
    /** `https://10.0.0.1:6443`. */
    readonly server: string,
    private readonly config: KubeConfig,
    private readonly apis: Apis,
  ) {}

  /** Reads the kubeconfig, and asks nothing yet. @throws ClusterError (misconfigured) */
  static async open(place: ClusterPlace, env: NodeJS.ProcessEnv = process.env): Promise<Cluster> {
    const config = await readKubeconfig(place, env);
    const server = config.getCurrentCluster()?.server ?? "";
    return new Cluster(place.namespace, server, config, await apisOf(config, server));
  }

  /** @throws ClusterError */
  async ask<T>(asked: Asked, call: (apis: Apis) => Promise<T>): Promise<T> {
    try {
      return await call(this.apis);
    } catch (error) {
      throw this.explained(asked, error);
    }
  }

  private explained({ verb, resource, name }: Asked, error: unknown): ClusterError {
    const what = `${verb} ${resource}${name === undefined ? "" : ` ${name}`} in namespace ${this.namespace}`;
    const at = `cluster ${this.server}, ${what}`;
    const { code, said } = answerIn(error);
    if (code === undefined) return this.unanswered(at, error);
    if (code === 403)
      return new ClusterError(
        `${at}: this kubeconfig's account may not. It said: ${said}. Give the account a role with the verb ${verb} on ${resource} ` +
          "there: docs/kubernetes.md has the role",
        "refused",
      );
    if (code === 401) return new ClusterError(`${at}: ${this.notKnown()}`, "refused");
    if (code === 404) return new ClusterError(`${at}: it isn't there (${said})`, "missing");
    return new ClusterError(
      `${at}: it answered ${code} (${said})`,
      code >= 500 || code === 429 ? "silent" : "refused",
    );
  }

  private unanswered(at: string, error: unknown): ClusterError {
    const code = codeOf(error) ?? "";
    const said = messageOf(error);
    if (code === "CERT_HAS_EXPIRED")
      return new ClusterError(
        `${at}: the certificate of the API server has expired. Renew it (kubeadm certs renew apiserver, or whoever keeps the cluster)`,
        "refused",
      );
    if (UNTRUSTED.includes(code) || code.startsWith("ERR_TLS"))
      return new ClusterError(
        `${at}: the API server's certificate isn't the one that the kubeconfig trusts (${said}). Is it the kubeconfig of this cluster?`,
        "refused",
      );
    // What comes of a connection has a code, or ran out of time.
    const isOfConnection = code !== "" && code !== "ENOENT";
    if (!isOfConnection && !(error instanceof Error && error.name === "AbortError"))
      return new ClusterError(
        `${at}: the login of the kubeconfig, or what came back, can't be used (${said}). Does kubectl get there with it?`,
        "misconfigured",
      );
    return new ClusterError(`${at}: it gave no answer (${said}). Can this machine reach it?`, "silent");
  }

  /** Why an account isn't known; the API server itself only says "Unauthorized". */
  private notKnown(): string {
    const end = userCertificateEnd(this.config);
    if (end && end < new Date())
      return `the certificate of this kubeconfig's user expired on ${end.toISOString().slice(0, 10)}. Have a new one made`;
    return "it doesn't know this kubeconfig's account: its token or certificate has run out or isn't of this cluster. Have a new one made";
  }
}

/** The client itself waits for ever. */
async function apisOf(config: KubeConfig, server: string) {
  const { AppsV1Api, CoreV1Api, ServerConfiguration, createConfiguration } = await loadClient();
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        pre: async (request) => {
          request.setSignal(AbortSignal.timeout(PATIENCE_MS));
          return request;
        },
        post: async (response) => response,
      },
    ],
  });
  return { apps: new AppsV1Api(configuration), core: new CoreV1Api(configuration) };
}

/** The answer that an error of the client is about: `body` is the API's Status, as an object or as text. */
function answerIn(error: unknown): { code: number | undefined; said: string } {
  if (!isJsonObject(error) || typeof error["code"] !== "number") return { code: undefined, said: "" };
  const status = typeof error["body"] === "string" ? parsed(error["body"]) : error["body"];
  const message = isJsonObject(status) ? status["message"] : undefined;
  return { code: error["code"], said: typeof message === "string" ? message : "without a reason" };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
