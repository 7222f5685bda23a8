import { messageOf } from "../values/error-facts";
import { rememberLogin } from "./rest/current-login";
import type { NexusServer } from "./rest/nexus-server";
import { callNexus } from "./rest/transport";

/** Where Nexus answers. */
export interface AdminPlace {
  /** Base address, without a trailing slash. */
  readonly url: string;
  /** PEM of the authority of its certificate, where it has one of its own. */
  readonly ca?: string | undefined;
}

export interface AdminWish extends AdminPlace {
  /** What it is to be. */
  readonly password: string;
  /** What it was, as far as that is known. */
  readonly previous?: string | undefined;
  /** Looks for the one of Nexus's first start. */
  readonly first: () => Promise<FirstPassword>;
  /** What `password` is called, and what to do where none of them is right: for the error. */
  readonly name: string;
  readonly cure: string;
}

export interface FirstPassword {
  readonly password?: string;
  /** What there is to say of the file, for an error. */
  readonly told: string;
}

/** Where Nexus writes the password of its first start. */
export const FIRST_PASSWORD = "/nexus-data/admin.password";
/** Milliseconds to look whether a change has been carried out whose answer got lost. */
const LOOK_MS = 10_000;

/**
 * Makes a password the one of `admin`: it may be so already, else the one before, or the one that Nexus wrote to
 * `admin.password` at its first start, is used to change it.
 * @returns whether it had to be changed
 * @throws Error that says which ones were tried; NexusFailure where Nexus does not answer
 */
export async function establishAdmin(wish: AdminWish): Promise<boolean> {
  const isNew = !(await logsIn(wish, wish.password));
  if (isNew) await replacePassword(wish);
  rememberLogin(adminOf(wish, wish.password));
  return isNew;
}

export const adminOf = ({ url, ca }: AdminPlace, password: string): NexusServer => ({
  url,
  ca,
  username: "admin",
  password,
});

/** Whether that password lets `admin` in. 401: no; 403 where a proxy or a newer Nexus puts it so. */
export async function logsIn(place: AdminPlace, password: string, patience?: number): Promise<boolean> {
  const options = patience === undefined ? {} : { patience };
  const path = "/service/rest/v1/security/realms/active"; // only an administrator may read it
  const answer = await callNexus(adminOf(place, password), "GET", path, [200, 401, 403], undefined, options);
  return answer.status === 200;
}

async function replacePassword(wish: AdminWish): Promise<void> {
  const { previous, password } = wish;
  if (previous && previous !== password && (await logsIn(wish, previous)))
    return changePassword(previous, wish);
  const first = await wish.first();
  if (first.password && (await logsIn(wish, first.password))) return changePassword(first.password, wish);
  const before = previous && previous !== password ? "the one before, " : "";
  throw new Error(
    `Nexus at ${wish.url} lets admin in with none of these: ${wish.name}, ${before}` +
      `the one in ${FIRST_PASSWORD} of its container (${first.told}). Was it changed by hand? ${wish.cure}`,
  );
}

/** The new password at a login decides whether it was done: the answer may get lost, and asked again it is 401. */
async function changePassword(current: string, wish: AdminWish): Promise<void> {
  const path = "/service/rest/v1/security/users/admin/change-password";
  let failure: unknown;
  try {
    await callNexus(adminOf(wish, current), "PUT", path, [204], wish.password, {
      textType: "text/plain; charset=utf-8",
    });
  } catch (error) {
    failure = error;
  }
  if (await logsIn(wish, wish.password, LOOK_MS)) return;
  throw failure ?? new Error(`Nexus at ${wish.url} took the new admin password and does not let it in.`);
}

/** What the text of the file, or why it can't be had, comes to. @param text undefined where there is no such file */
export function firstPasswordOf(text: string | undefined): FirstPassword {
  if (text === undefined) return { told: "not there: it goes with the first change" };
  const password = text.trim();
  if (password === "") return { told: "empty" };
  return { password, told: "there, but outdated: Nexus can write it again at a restart" };
}

export const unreadable = (error: unknown): FirstPassword => ({
  told: `not readable: ${messageOf(error).trim()}`,
});
