/** Secrets are named by their places below `berth:nexus`; each name is also that of its file. */

/** The password of `admin`. */
export const ADMIN_PASSWORD = "adminPassword";

export const passwordOf = (account: string) => `accounts.${account}.password`;
