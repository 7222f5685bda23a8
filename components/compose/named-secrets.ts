import type { MadeNexus } from "../settings/nexus/nexus-settings";
import { isSecretField } from "../settings/settings";
import { isJsonObject } from "../values/json-object";
import { secretMark } from "./nexus-plan";
import { ADMIN_PASSWORD } from "./secret-names";

/** The settings with names in the place of their secrets. */
export interface NamedSecrets {
  readonly settings: MadeNexus;
  /** By their places below `berth:nexus`, each also its file's name: `accounts.pusher.password`. */
  readonly secrets: readonly SecretPlace[];
}

export interface SecretPlace {
  readonly name: string;
  readonly path: readonly string[];
  /** Where the settings have none, as of most accounts: one is made. */
  readonly isGiven: boolean;
}

/** Every secret of the settings by a name, and one for each account that they leave to chance. */
export function namedSecrets(nexus: MadeNexus): NamedSecrets {
  const secrets: SecretPlace[] = [];
  const named = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === "string" && isSecretField(["nexus", ...path])) return take(path, true);
    if (Array.isArray(value)) return value.map((inner, index) => named(inner, [...path, String(index)]));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, named(inner, [...path, key])]),
    );
  };
  const take = (path: readonly string[], isGiven: boolean) => {
    const name = path.join(".");
    secrets.push({ name, path, isGiven });
    return secretMark(name);
  };
  // The shape stays: texts have taken the places of texts.
  const settings = named(nexus, []) as MadeNexus;
  const accounts = Object.entries(settings.accounts).map(([account, own]) => [
    account,
    { ...own, password: own.password ?? take(["accounts", account, "password"], false) },
  ]);
  const adminPassword = settings.adminPassword ?? take([ADMIN_PASSWORD], false);
  return { settings: { ...settings, adminPassword, accounts: Object.fromEntries(accounts) }, secrets };
}
