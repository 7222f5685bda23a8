import { createHash, createHmac } from "node:crypto";

/** Who asks, and where. */
export interface S3Login {
  /** `http://127.0.0.1:7070` */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region?: string;
}

export interface S3Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * A call of the S3 API, signed as AWS wants it (Signature Version 4,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
 * @param path `/bucket/key`, encoded
 * @param query `policy`, `list-type=2&prefix=a`
 */
export async function s3Call(
  login: S3Login,
  method: string,
  path: string,
  { query = "", body = "" }: { readonly query?: string; readonly body?: string } = {},
): Promise<S3Answer> {
  const { endpoint, accessKeyId, secretAccessKey, region = "us-east-1" } = login;
  const parameters = query
    .split("&")
    .filter(Boolean)
    .map((one) => (one.includes("=") ? one : `${one}=`))
    .sort()
    .join("&");
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const signed = {
    host: new URL(endpoint).host,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": time,
  };
  const names = Object.keys(signed).join(";");
  const headers = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const request = [method, path, parameters, headers.join(""), names, sha256(body)].join("\n");
  const scope = [time.slice(0, 8), region, "s3", "aws4_request"];
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(request)].join("\n");
  const key = scope.reduce<string | Buffer>((so, part) => hmac(so, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, text).toString("hex");
  const credential = `${accessKeyId}/${scope.join("/")}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  const { host: _host, ...sent } = signed;
  const answer = await fetch(`${endpoint}${path}${parameters ? `?${parameters}` : ""}`, {
    method,
    headers: { ...sent, authorization },
    ...(body && { body }),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: answer.status, text: await answer.text() };
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
