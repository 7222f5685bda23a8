interface Failure extends Error {
  readonly code?: string;
  readonly statusCode?: number;
}

/** What to do about a Docker host that can't be reached, by what the connection failed with. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /ENOENT/,
    "there is no such socket; start Docker there, or correct `docker` in the settings (of the builder: DOCKER_HOST)",
  ],
  [/EACCES/, "this user may not use it; make the user a member of its group, docker"],
  [/ECONNREFUSED/, "nothing listens there; start Docker, or correct the port"],
  [/ENOTFOUND|EAI_AGAIN/, "its name is unknown; correct it, or look at the name service"],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    "no answer; is the machine up, and does a firewall let this one in?",
  ],
  [/CERT_HAS_EXPIRED/, "its certificate has expired; renew it and restart Docker there"],
  [/ALTNAME_INVALID/, "its certificate is for another name; use that name, or have it made for this one"],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/,
    "its certificate is not of the authority in ca.pem; take the ca.pem that it was made with",
  ],
  [
    /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|hang up.*certificates=/i,
    "it doesn't take our cert.pem; have it made by the authority that Docker there was given",
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH/,
    "it speaks plain http; take ?certificates=… out of its address (of the builder: unset DOCKER_TLS_VERIFY)",
  ],
  [
    /Client sent an HTTP request to an HTTPS server/,
    "it wants TLS; add ?certificates=FOLDER to its address (of the builder: set DOCKER_TLS_VERIFY, and DOCKER_CERT_PATH to the folder)",
  ],
  [
    /Host key verification failed/,
    "its key isn't known; compare it and add it: ssh-keyscan HOST >> ~/.ssh/known_hosts",
  ],
  [
    /Permission denied/,
    "it takes none of our keys; add one to its user's ~/.ssh/authorized_keys, and to the agent here",
  ],
  [
    /dial-stdio|command not found/,
    "its user can't run docker; install it there, and put the user into the group docker",
  ],
];

/** Docker's own errors as they are; one of the connection with the address and what to do. */
export function explained(error: Failure, address: string): Error {
  const aboutTls = /HTTP request to an HTTPS server/.test(error.message);
  if (error.statusCode !== undefined && !aboutTls) return error;
  const text = `${error.code ?? ""} ${error.message} at ${address}`;
  const advice = ADVICE.find(([pattern]) => pattern.test(text))?.[1];
  const message = `Docker at ${address}: ${error.message.trim()}${advice ? ` (${advice})` : ""}`;
  return Object.assign(new Error(message), { code: error.code, statusCode: error.statusCode });
}
