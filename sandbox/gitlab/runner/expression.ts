import { SandboxError } from "../../lib/sandbox-error";

/** What `if:` may look at; a variable that isn't there is null, which is not the empty text. */
export type Variables = Readonly<Record<string, string | undefined>>;

type Value = string | boolean | null | RegExp;
type Evaluate = (variables: Variables) => Value;
type Token = readonly [kind: "variable" | "text" | "pattern" | "null" | "operator", text: string];

const TOKEN =
  /\s*(?:\$([A-Za-z_]\w*)|"([^"]*)"|'([^']*)'|(\/(?:\\.|[^/\\])+\/\w*)|(null)\b|(==|!=|=~|!~|&&|\|\||!|\(|\)))\s*/y;

/**
 * Whether the `if:` of a rule holds, as GitLab evaluates it: `!` binds closest, then comparisons, `&&`, `||`; an empty text is
 * a value inside of `&&` and `||` and nothing at the end (GitLab's own oddity, issue 321371); variables in quotes are text.
 * @throws SandboxError for what is no such expression
 */
export function holds(expression: string, variables: Variables): boolean {
  const parser = new Parser(expression);
  return isPresent(parser.whole()(variables));
}

class Parser {
  private readonly tokens: Token[];
  private at = 0;

  constructor(private readonly expression: string) {
    this.tokens = this.tokenize();
  }

  whole(): Evaluate {
    const result = this.or();
    if (this.at < this.tokens.length) throw this.refused(`"${this.tokens[this.at]![1]}" is not expected`);
    return result;
  }

  private or(): Evaluate {
    let left = this.and();
    while (this.take("||")) {
      const [first, second] = [left, this.and()];
      left = (variables) => {
        const value = first(variables);
        return isTrue(value) ? value : second(variables);
      };
    }
    return left;
  }

  private and(): Evaluate {
    let left = this.comparison();
    while (this.take("&&")) {
      const [first, second] = [left, this.comparison()];
      left = (variables) => {
        const value = first(variables);
        return isTrue(value) ? second(variables) : value;
      };
    }
    return left;
  }

  private comparison(): Evaluate {
    let left = this.negation();
    for (let operator = this.comparisonSign(); operator; operator = this.comparisonSign()) {
      const [first, second, compare] = [left, this.negation(), this.comparer(operator)];
      left = (variables) => compare(first(variables), second(variables));
    }
    return left;
  }

  private comparisonSign(): string | undefined {
    return ["==", "!=", "=~", "!~"].find((sign) => this.take(sign));
  }

  private comparer(operator: string): (left: Value, right: Value) => boolean {
    if (operator === "==") return (left, right) => plain(left) === plain(right);
    if (operator === "!=") return (left, right) => plain(left) !== plain(right);
    const wanted = operator === "=~";
    return (left, right) => {
      if (right === null || right === false) return !wanted;
      const pattern = right instanceof RegExp ? right : this.pattern(String(right));
      return pattern.test(left === null ? "" : String(left)) === wanted;
    };
  }

  private negation(): Evaluate {
    if (this.take("!")) {
      const inner = this.negation();
      return (variables) => !isPresent(inner(variables));
    }
    if (this.take("(")) {
      const inner = this.or();
      if (!this.take(")")) throw this.refused("a closing parenthesis is missing");
      return inner;
    }
    const token = this.tokens[this.at++];
    if (!token || token[0] === "operator")
      throw this.refused(token ? `"${token[1]}" is not expected` : "it ends too early");
    return this.operand(token);
  }

  private operand([kind, text]: Token): Evaluate {
    if (kind === "null") return () => null;
    if (kind === "variable") return (variables) => variables[text] ?? null;
    if (kind === "text") return () => text;
    const pattern = this.pattern(text);
    return () => pattern;
  }

  /** RE2 has no look-around and other flags; what means the same in both is let through. */
  private pattern(text: string): RegExp {
    const [, source, flags] = /^\/([\s\S]*)\/(\w*)$/.exec(text) ?? [];
    if (source === undefined || flags === undefined) throw this.refused(`${text} is no /regular expression/`);
    if (!/^i?$/.test(flags)) throw this.refused(`the sandbox knows no flag but i in ${text}`);
    if (/\(\?(?!:)/.test(source)) throw this.refused(`groups such as (?= are not for the sandbox: ${text}`);
    return new RegExp(source, flags);
  }

  private take(operator: string): boolean {
    const [kind, text] = this.tokens[this.at] ?? [];
    if (kind !== "operator" || text !== operator) return false;
    this.at++;
    return true;
  }

  private tokenize(): Token[] {
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    for (let end = 0; end < this.expression.length; end = TOKEN.lastIndex) {
      TOKEN.lastIndex = end;
      const match = TOKEN.exec(this.expression);
      if (!match) throw this.refused(`it can't be read from "${this.expression.slice(end)}" on`);
      tokens.push(tokenOf(match));
    }
    return tokens;
  }

  private refused(why: string): SandboxError {
    return new SandboxError(`if: ${this.expression}: ${why}`, 2);
  }
}

function tokenOf([, variable, double, single, pattern, none, operator]: RegExpExecArray): Token {
  if (variable !== undefined) return ["variable", variable];
  if (pattern !== undefined) return ["pattern", pattern];
  if (none !== undefined) return ["null", none];
  if (operator !== undefined) return ["operator", operator];
  return ["text", double ?? single ?? ""];
}

/** Ruby's truth: everything but nil and false. */
const isTrue = (value: Value) => value !== null && value !== false;

/** Rails's `present?`. */
const isPresent = (value: Value) => isTrue(value) && !(typeof value === "string" && value.trim() === "");

/** Comparisons are between texts; a negation counts as "true" or "false". */
const plain = (value: Value) =>
  typeof value === "boolean" || value instanceof RegExp ? String(value) : value;
