import { RegistryError } from "../wire/errors";

/** What refers to an image, and does not get to the target, or is not found there. */
export interface ReferrerLoss {
  /** Digest of what it refers to. */
  subject: string;
  /** Digests of the signatures, SBOMs, …. */
  referrers: string[];
  /** As an error says it. */
  why: string;
}

/** A list of referrers that a registry can't keep, whoever asks it to. */
export class ListNotKept extends RegistryError {}

type About = Omit<ReferrerLoss, "why">;

/** What is lost of an image's referrers in one copy. The image itself is none the worse for it. */
export class ReferrerLosses {
  readonly all: ReferrerLoss[] = [];

  /** @param isStrict ends the copy instead. */
  constructor(
    private readonly isStrict: boolean,
    private readonly stop: AbortController,
  ) {}

  /**
   * Reads something of referrers; what is gone for good is noted. Passing trouble, missing rights and what isn't what it says it
   * is end the copy: another run, or somebody, can mend that.
   * @returns undefined where it is lost
   */
  read<T>(about: About, work: () => Promise<T>): Promise<T | undefined> {
    return this.attempt(about, work, isGone);
  }

  /** As `read`, for what is written to the target, whose refusal it is. */
  write<T>(about: About, work: () => Promise<T>): Promise<T | undefined> {
    return this.attempt(about, work, isRefused);
  }

  /** @returns false where the copy is to end. */
  note(about: About, error: RegistryError): boolean {
    // After a stop it is some other part's failure that comes along here.
    if (this.isStrict || this.stop.signal.aborted) return false;
    this.all.push({ ...about, why: error.message });
    return true;
  }

  /** Adds the way out to what goes wrong with a referrer. */
  async advised<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RegistryError && !this.stop.signal.aborted)
        error.message +=
          ". It is about what refers to the image; to copy that alone, set BERTH_REFERRERS=none or leave referrers out (--no-referrers)";
      throw error;
    }
  }

  private attempt<T>(
    about: About,
    work: () => Promise<T>,
    isLoss: (error: unknown) => error is RegistryError,
  ): Promise<T | undefined> {
    return this.advised(async () => {
      try {
        return await work();
      } catch (error) {
        if (!isLoss(error) || !this.note(about, error)) throw error;
        return undefined;
      }
    });
  }
}

/** Something that the source names and does not have. */
export function isGone(error: unknown): error is RegistryError {
  return (
    error instanceof RegistryError &&
    (error.status === 404 || error.status === 410) &&
    (error.method === "GET" || error.method === "HEAD")
  );
}

/** A registry that took the image and does not take this. */
export function isRefused(error: unknown): error is RegistryError {
  if (error instanceof ListNotKept) return true;
  if (!(error instanceof RegistryError) || error.temporary) return false;
  const { status = 0 } = error;
  return (status >= 400 && status < 500 && status !== 401) || status === 501;
}
