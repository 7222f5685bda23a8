/** Undici's names for what has names of Node's. */
const NODES_CODES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: "ECONNRESET",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "ECONNRESET",
  UND_ERR_CONNECT_TIMEOUT: "ETIMEDOUT",
  UND_ERR_HEADERS_OVERFLOW: "HPE_HEADER_OVERFLOW",
};

/** A request without an answer, or without all of it. */
export class NoAnswer extends Error {
  override name = "NoAnswer";
  /** Node's code of what broke the connection, HPE_INVALID for what is no HTTP; empty where it has none. */
  readonly code: string;

  constructor(
    override readonly cause: NodeJS.ErrnoException,
    /** The request went out: it may have been carried out. */
    readonly taken: boolean,
  ) {
    // Empty where several addresses were tried.
    super(cause.message || "no connection");
    this.code = codeOf(cause);
  }
}

/** Undici's parser gives its errors no code (7.30); an end that it did not expect is a connection that broke off. */
function codeOf({ name, message, code = "" }: NodeJS.ErrnoException): string {
  if (name === "HTTPParserError") return /EOF/.test(message) ? "ECONNRESET" : "HPE_INVALID";
  return NODES_CODES[code] ?? code;
}
