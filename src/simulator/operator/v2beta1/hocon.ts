/** A value of HOCON: an object, a list, or a text (numbers and words too). */
export type Hocon = string | Hocon[] | HoconObject;
export interface HoconObject {
  [key: string]: Hocon;
}

/**
 * As much of HOCON as decides what the operator does: objects, dotted keys, lists, texts, comments; objects of one key are merged,
 * of other values the last one counts. Substitutions and includes are texts like any other. JSON is HOCON, too.
 *
 * @throws Error for what is no HOCON
 */
export function parseHocon(text: string): HoconObject {
  return new Reader(text).root();
}

/** The text at a path of dotted keys; undefined when there is none. */
export function textAt(config: HoconObject, path: string): string | undefined {
  const value = valueAt(config, path);
  return typeof value === 'string' ? value : undefined;
}

/** The members at a path that are objects themselves, by key. */
export function objectsAt(config: HoconObject, path: string): [string, HoconObject][] {
  const value = valueAt(config, path);
  const members = isObject(value) ? Object.entries(value) : [];
  return members.filter((member): member is [string, HoconObject] => isObject(member[1]));
}

function valueAt(config: HoconObject, path: string): Hocon | undefined {
  let value: Hocon | undefined = config;
  for (const key of path.split('.')) value = isObject(value) ? value[key] : undefined;
  return value;
}

function isObject(value: Hocon | undefined): value is HoconObject {
  return typeof value === 'object' && !Array.isArray(value);
}

const BLANK = /(?:[^\S\n]|(?:#|\/\/)[^\n]*)*/y;
const BETWEEN = /(?:[\s,]|(?:#|\/\/)[^\n]*)*/y;
const QUOTED = /"""([\s\S]*?)"""|"((?:\\.|[^"\\\n])*)"/y;

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  root(): HoconObject {
    this.take(BETWEEN);
    const result = this.took('{') ? this.members('}') : this.members(undefined);
    this.take(BETWEEN);
    if (this.at < this.text.length) throw this.unexpected();
    return result;
  }

  private members(end: '}' | undefined): HoconObject {
    const result: HoconObject = {};
    for (;;) {
      this.take(BETWEEN);
      if (end ? this.took(end) : this.at >= this.text.length) return result;
      const steps = this.key();
      this.take(BLANK);
      if (!this.took('=') && !this.took(':') && !this.took('+=') && this.text[this.at] !== '{') throw this.unexpected();
      this.take(/\s*/y);
      merge(result, steps, this.value());
    }
  }

  /** The steps of a dotted key; dots inside of quotes are part of a step. */
  private key(): string[] {
    const steps: string[] = [''];
    const start = this.at;
    for (;;) {
      const quoted = this.quoted();
      if (quoted !== undefined) {
        steps.push(`${steps.pop()}${quoted}`);
        continue;
      }
      const [first = '', ...others] = this.take(/[^\s"{}[\],:=#+$]*/y).split('.');
      steps.push(`${steps.pop()}${first}`, ...others);
      if (this.text[this.at] !== '"') break;
    }
    if (this.at === start || steps.includes('')) throw this.unexpected();
    return steps;
  }

  private value(): Hocon {
    this.take(BLANK);
    if (this.took('{')) return this.members('}');
    if (this.took('[')) return this.items();
    return this.words();
  }

  private items(): Hocon[] {
    const result: Hocon[] = [];
    for (;;) {
      this.take(BETWEEN);
      if (this.took(']')) return result;
      result.push(this.value());
    }
  }

  /** Quoted and plain texts up to the end of the value; what stands between them is part of it. */
  private words(): string {
    let result = '';
    const start = this.at;
    for (;;) {
      const gap = this.take(/[^\S\n]*/y);
      const part = this.quoted() ?? (this.take(/(?:\$\{[^}\n]*\}|[^\s"{}[\],#/]|\/(?!\/))+/y) || undefined);
      if (part === undefined) break;
      result += result === '' ? part : `${gap}${part}`;
    }
    if (this.text.slice(start, this.at).trim() === '') throw this.unexpected();
    return result;
  }

  private quoted(): string | undefined {
    QUOTED.lastIndex = this.at;
    const match = QUOTED.exec(this.text);
    if (!match) return undefined;
    this.at = QUOTED.lastIndex;
    return match[1] ?? (match[2] as string).replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);
  }

  private took(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ''] = pattern.exec(this.text) ?? [];
    this.at += found.length;
    return found;
  }

  private unexpected(): Error {
    const line = this.text.slice(0, this.at).split('\n').length;
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'its end';
    return new Error(`invalid config string: unexpected ${found} in line ${line}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function merge(target: HoconObject, steps: string[], value: Hocon): void {
  const [first = '', ...others] = steps;
  const old = target[first];
  if (others.length === 0 && !(isObject(value) && isObject(old))) {
    target[first] = value;
    return;
  }
  const inner: HoconObject = isObject(old) ? old : {};
  target[first] = inner;
  if (others.length > 0) merge(inner, others, value);
  else for (const [key, member] of Object.entries(value as HoconObject)) merge(inner, [key], member);
}
