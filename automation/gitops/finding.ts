import { GitlabError } from "../../components/gitlab/api/gitlab-error";
import { YamlRefusal } from "../../components/gitops/find-value";
import { NoToken, TargetFile, type TargetPlace } from "../../components/gitops/target-file";

/** What came of looking at a file. */
export type Finding<T> =
  | { readonly found: T }
  /** It can't be written, whoever tries. */
  | { readonly refused: string }
  /** This token may not, or there is none: another job's may. */
  | { readonly hidden: string }
  /** GitLab gave no answer, or had trouble. */
  | { readonly silent: string };

/** Milliseconds: nothing waits for a GitLab that is away. */
const PATIENCE_MS = 5_000;

/** What a look at a file gave. @throws what is none of a file's ways to fail */
export async function finding<T>(
  place: TargetPlace,
  look: (file: TargetFile) => Promise<T>,
  patience = PATIENCE_MS,
): Promise<Finding<T>> {
  try {
    return { found: await look(new TargetFile(place, process.env, { patience })) };
  } catch (error) {
    if (error instanceof YamlRefusal) return { refused: error.message };
    if (error instanceof NoToken) return { hidden: error.message };
    if (!(error instanceof GitlabError)) throw error;
    const { status, said = "", message } = error;
    if (error.temporary || error.maybeDone || (status ?? 0) >= 500) return { silent: message };
    const isForAll = status === undefined || /(File|Commit|Tree|path) Not Found/.test(said);
    return isForAll ? { refused: message } : { hidden: message };
  }
}
