import type * as pulumi from "@pulumi/pulumi";
import { assertInputs, assertState, hasShape, isKnown, type Shape } from "./shape";

/** What a dynamic resource's file exports in `providers`: all of it, so that nobody has to ask what is there. */
export type DynamicProvider = Required<Omit<pulumi.dynamic.ResourceProvider, "configure">>;

/** What is particular about a resource; the rest of a provider is the same for most. */
export interface ProviderArgs<Want, State> {
  /** Of a new resource, by its outputs. */
  readonly id: (outs: Want & State) => string;
  readonly inputs: Shape<Want>;
  /** What is read of a state, as earlier versions wrote it, too: `unread` where nothing is. */
  readonly state: Shape<State>;
  /** The inputs that an update is for, compared as JSON; others may differ without one, as in the state of another version. */
  readonly changedBy: readonly (keyof Want & string)[];
  /** Those of them with which it is another one: made before the one of before goes. @default none */
  readonly replacedBy?: readonly (keyof Want & string)[];
  /** Whether an update is due although none of them differs. In previews `want` may have what is not known yet. @default never */
  readonly isDue?: (state: State, want: Want) => boolean | Promise<boolean>;
  /** Asked in previews too. @param before as of the last time; undefined for a new resource. @default nothing is wrong */
  readonly failures?: (want: Want, before: State | undefined) => Promise<pulumi.dynamic.CheckFailure[]>;
  /**
   * Makes the world as it is wanted. The inputs are in what it gives: a refresh and a delete find them there.
   * @param before the outputs of the last time, and `id` the resource's; undefined for a new one
   */
  readonly apply: (want: Want, before?: State, id?: string) => (Want & State) | Promise<Want & State>;
  /** The outputs as the world has them; undefined where it is gone. @default they are taken as they are */
  readonly find?: (state: State, id: string) => State | Promise<State | undefined>;
  /** @default nothing is done: what it is about goes with something else */
  readonly remove?: (state: State, id: string) => Promise<void>;
}

type Fields = { readonly [field: string]: unknown };

/** The provider of a dynamic resource, of what is particular about it. Each reads inputs and states by their shapes. */
export function dynamicProvider<Want extends object, State extends object>({
  id,
  inputs,
  state: shape,
  changedBy,
  replacedBy = [],
  isDue = () => false,
  failures = async () => [],
  apply,
  find = (state) => ({ ...state }),
  remove = async () => undefined,
}: ProviderArgs<Want, State>): DynamicProvider {
  /** In a preview nothing can be said of what isn't known yet. */
  const asInputs = (told: unknown): Want => {
    if (isKnown(told)) assertInputs(inputs, told);
    return told as Want;
  };
  const asState = (told: unknown): State => {
    assertState(shape, told);
    return told;
  };
  return {
    check: async (olds: Fields | undefined, news: Fields) => {
      const before = olds && Object.keys(olds).length > 0 ? asState(olds) : undefined;
      return { inputs: news, failures: await failures(asInputs(news), before) };
    },
    diff: async (_id, olds: Fields, news: Fields) => {
      const differs = (key: string) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]);
      const state = asState(olds);
      // A refresh compares with the inputs in the state, which may be another version's.
      const isOurs = !isKnown(news) || hasShape(inputs, news);
      const changes = changedBy.some(differs) || (isOurs && (await isDue(state, news as Want)));
      return { changes, replaces: replacedBy.filter(differs), deleteBeforeReplace: false };
    },
    create: async (want) => {
      const outs = await apply(asInputs(want));
      return { id: id(outs), outs };
    },
    update: async (own, before, want) => ({ outs: await apply(asInputs(want), asState(before), own) }),
    read: async (own, state) => {
      const props = state && (await find(asState(state), own));
      return props ? { id: own, props } : { id: "" };
    },
    delete: async (own, state) => remove(asState(state), own),
  };
}
