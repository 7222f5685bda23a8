/** A question to a cluster without the answer it was for. Its text says what was asked, of which cluster, and what to do. */
export class ClusterError extends Error {
  override name = "ClusterError";

  constructor(
    message: string,
    /** `silent`: it gave no answer, or has trouble; `refused`: this account may not; `missing`: not there. */
    readonly kind: "silent" | "refused" | "missing" | "misconfigured",
  ) {
    super(message);
  }
}
