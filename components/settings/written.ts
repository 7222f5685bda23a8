/** What a stack file says in its own words, by the path of a setting: `["apps", "blog", "env", "VERSION"]`. */
export interface Written {
  /** The text of a number, a flag or a date as it stands in the file; undefined where it isn't there. */
  textAt(path: readonly PropertyKey[], value: unknown): string | undefined;
  /** Whether the value, or one that it is a part of, is encrypted. */
  isSecret(path: readonly PropertyKey[]): boolean;
  /**
   * Whether the value isn't in the file and its key holds something secret: of a Pulumi ESC environment the engine tells no more
   * than that, so this value may be it.
   */
  mayBeSecret(path: readonly PropertyKey[]): boolean;
}

/** The namespace of the settings in the configuration, whatever the project is called. */
export const NAMESPACE = "berth";

/** Where no file tells. */
export const NOTHING_WRITTEN: Written = {
  textAt: () => undefined,
  isSecret: () => false,
  mayBeSecret: () => false,
};

/** How Go prints a date that YAML has made of a text (time.Time.String). */
const GO_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+$/;

/** Whether a text is a date that the engine has made of what stands in the file. */
export function isGoTime(value: unknown): boolean {
  return typeof value === "string" && GO_TIME.test(value);
}
