export interface Credentials {
  username: string;
  password: string;
}

/** Undefined where the header is missing or is no valid Basic one (RFC 7617). */
export function basicCredentials(header: string | undefined): Credentials | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
