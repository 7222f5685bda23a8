/** An answer that ends a request early, with GitLab's status and body. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    readonly body: string | object,
    readonly headers: Record<string, string> = {},
  ) {
    super(`${status}`);
  }
}

/** `{"message":"404 Project Not Found"}`: the form of most of GitLab's errors. */
export const failure = (status: number, words: string) =>
  new ApiFailure(status, { message: `${status} ${words}` });

/** `{"error":"body is missing"}`: a parameter of the wrong form (400). */
export const badParameter = (words: string) => new ApiFailure(400, { error: words });

/** What this sandbox doesn't do, and a GitLab would (501). */
export const notInSandbox = (what: string) =>
  new ApiFailure(501, {
    message: `501 Not Implemented: this is Berth's sandbox, not a GitLab. It has no ${what}`,
  });
