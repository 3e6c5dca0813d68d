/** A value of a configuration: text stands for every scalar but null. */
export type HoconValue = string | null | readonly HoconValue[] | HoconObject;
export interface HoconObject {
  readonly [key: string]: HoconValue;
}

/** Where a text cannot be read, and why. The text itself is never quoted: it may hold secrets. */
export interface HoconProblem {
  readonly line: number;
  readonly column: number;
  /** What is wrong; continues "at line 1, column 1 there is". */
  readonly what: string;
  readonly fix: string;
}

class Unreadable extends Error {
  constructor(
    readonly at: number,
    readonly what: string,
    readonly fix: string,
  ) {
    super(what);
  }
}

/**
 * Reads the part of HOCON that both EMQX and the operator read. The operator's reader is the narrower one: it stops at text
 * that is sound HOCON, misses lines without a word, or brings the whole operator down. All of that is a problem here.
 *
 * No parser on npm would do: the maintained one fetches included files over the network, and neither has the operator's limits.
 *
 * @see EMQX Operator 2.2.29, `go.mod`: github.com/rory-z/go-hocon v1.2.15-1
 */
export function readHocon(text: string): { readonly value: HoconObject } | { readonly problem: HoconProblem } {
  try {
    return { value: new Reader(text).root() };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const before = text.slice(0, error.at).split('\n');
    const [line, column] = [before.length, before.at(-1)!.length + 1];
    return { problem: { line, column, what: error.what, fix: error.fix } };
  }
}

/** The value at a path; undefined where there is none. */
export function hoconAt(value: HoconValue | undefined, [first, ...rest]: readonly string[]): HoconValue | undefined {
  if (first === undefined) return value;
  return isHoconObject(value) && Object.hasOwn(value, first) ? hoconAt(value[first], rest) : undefined;
}

export function isHoconObject(value: HoconValue | undefined): value is HoconObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Mutable = Record<string, HoconValue>;

const QUOTE = 'write the value in double quotes';
class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  root(): HoconObject {
    this.skip();
    if (this.peek() === '{' || this.peek() === '[') {
      const fix = 'write its fields without the outer braces';
      this.fail('a brace around the whole text, before which the operator puts lines of its own', fix);
    }
    const root: Mutable = {};
    this.fields(root, undefined);
    return root;
  }

  /** Fields up to the closing brace; without one, up to the end. */
  private fields(into: Mutable, opened: number | undefined): void {
    for (;;) {
      this.skip();
      if (this.at >= this.text.length) {
        if (opened !== undefined) this.fail('a brace that is never closed', 'add the closing brace', opened);
        return;
      }
      if (this.peek() === '}') {
        if (opened === undefined) this.fail('a closing brace too many', 'remove it');
        this.at++;
        return;
      }
      this.field(into);
      this.separator();
    }
  }

  /** Between two values: a comma or the end of a line. */
  private separator(): void {
    this.blanks();
    const isOnOneLine = !['', '}', '\n'].includes(this.peek()) && !this.isComment();
    this.skip();
    if (this.peek() === ',') {
      this.at++;
      this.skip();
      if (this.peek() === ',') this.fail('a second comma', 'remove it');
    } else if (isOnOneLine) {
      this.fail('something after the value on the same line', `begin a new line, or ${QUOTE}`);
    }
  }

  private field(into: Mutable): void {
    const start = this.at;
    const path = this.path();
    this.blanks();
    const sign = this.peek();
    if (sign === '{') {
      put(into, path, this.value());
      return;
    }
    if (sign === '+') this.fail('an addition to a list, at which the operator may stop', 'write the whole list');
    if (sign !== '=' && sign !== ':') {
      const fix = 'write a name, an equals sign, and the value on the same line';
      this.fail('a name without an equals sign, a colon or a brace after it', fix, start);
    }
    this.at++;
    while (/\s/.test(this.peek())) this.at++;
    if (['', ',', '}', ']'].includes(this.peek()) || this.isComment()) {
      this.fail('a name without a value', 'write the value on the same line, or remove the name', start);
    }
    put(into, path, this.value());
  }

  private path(): string[] {
    const path = [this.key()];
    for (;;) {
      this.blanks();
      if (this.peek() !== '.') return path;
      this.at++;
      this.blanks();
      path.push(this.key());
    }
  }

  private key(): string {
    const start = this.at;
    if (this.peek() === '"') {
      const quoted = this.quoted();
      if (/^[$"{}[\]:=,+#`^?!@*&\\()]$/.test(quoted)) {
        this.fail('a name of one character that the operator does not take for one', 'choose another name', start);
      }
      return quoted;
    }
    const [name = ''] = /^[\p{L}\p{N}_-]+/u.exec(this.text.slice(this.at, this.at + 256)) ?? [];
    this.at += name.length;
    if (name === '' || /^\p{N}/u.test(name)) {
      this.fail('something that is no name of a setting to the operator', 'put it in double quotes', start);
    }
    if (name === 'include') {
      const fix = 'write what the file holds here, or put a setting of this name in double quotes';
      this.fail('include, which the operator looks for in its own container', fix, start);
    }
    return name;
  }

  private value(): HoconValue {
    const start = this.at;
    switch (this.peek()) {
      case '{': {
        const fields: Mutable = {};
        this.at++;
        this.fields(fields, start);
        return fields;
      }
      case '[':
        return this.list();
      default:
        return this.scalar();
    }
  }

  private list(): HoconValue[] {
    const opened = this.at++;
    const items: HoconValue[] = [];
    for (;;) {
      const commented = this.skipInList(items.length === 0);
      const next = this.peek();
      if (next === ']' && commented) this.failComment();
      if (next === '') this.fail('a bracket that is never closed', 'add the closing bracket', opened);
      if (next === ']') {
        this.at++;
        return items;
      }
      if (next === ',') this.fail('a comma without a value before it', 'remove it');
      items.push(this.value());
      this.separatorInList();
    }
  }

  private separatorInList(): void {
    this.blanks();
    const isOnOneLine = !['', ']', '\n'].includes(this.peek());
    if (!isOnOneLine) while (/\s/.test(this.peek())) this.at++;
    if (this.peek() === ',') {
      this.at++;
      if (this.skipInList(true) && this.peek() === ']') this.failComment();
      if (this.peek() === ',') this.fail('a second comma', 'remove it');
    } else if (this.isComment()) this.failComment();
    else if (isOnOneLine) {
      this.fail('something after the value on the same line', `put a comma between them, or ${QUOTE}`);
    }
  }

  /**
   * @param allowed whether a comment may be here: at the start of the list and behind a comma the operator takes one
   * @returns whether there was one
   */
  private skipInList(allowed: boolean): boolean {
    let commented = false;
    for (;;) {
      while (/\s/.test(this.peek())) this.at++;
      if (!this.isComment()) return commented;
      if (!allowed || commented) this.failComment();
      this.comment();
      commented = true;
    }
  }

  private failComment(): never {
    return this.fail('a comment in a list, at which the operator stops', 'move it above the list');
  }

  /** Text and words on one line, up to what ends a value. */
  private scalar(): HoconValue {
    const parts: string[] = [];
    const start = this.at;
    let plain = true;
    for (;;) {
      const next = this.peek();
      if (next === '"') {
        parts.push(this.quoted());
        plain = false;
      } else if (next === '' || /[\n,}\]]/.test(next) || this.isComment()) break;
      else parts.push(this.word());
    }
    const given = this.text.slice(start, this.at).trim();
    if (/^\d/.test(given) && !isNumberToOperator(given)) {
      this.fail('a number that the operator cannot read', QUOTE, start);
    }
    if (plain) return given === 'null' ? null : given;
    if (this.text[this.at - 1] !== '"') parts.push(parts.pop()!.trimEnd());
    return parts.join('');
  }

  private word(): string {
    const start = this.at;
    while (this.at < this.text.length && !/[\n,}\]"]/.test(this.peek()) && !this.isComment()) {
      const char = this.peek();
      if (char === '$') this.fail('a substitution, which the operator looks up in its own environment', QUOTE);
      if (char === '/' && this.text[this.at + 1] === '*') this.fail('the start of a comment to the operator', QUOTE);
      const isExponent = char === '+' && /[\d.][eE]$/.test(this.text.slice(start, this.at));
      if (!isExponent && /[:=+`'^?!@*&\\(){[]/.test(char)) {
        this.fail(`a character (${char}) that a value without quotes cannot have`, QUOTE);
      }
      this.at++;
    }
    return this.text.slice(start, this.at);
  }

  private quoted(): string {
    const start = this.at;
    if (this.text.startsWith('"""', this.at)) {
      const end = this.text.slice(this.at + 3).search(/"""(?!")/);
      if (end < 0) this.fail('text that is never closed', 'add three double quotes', start);
      this.at += end + 6;
      return this.text.slice(start + 3, this.at - 3);
    }
    this.at++;
    let value = '';
    for (;;) {
      const char = this.peek();
      if (char === '' || char === '\n') this.fail('text that is never closed', 'add the closing double quote', start);
      this.at++;
      if (char === '"') return value;
      value += char === '\\' ? unescaped(this.text[this.at++] ?? '') : char;
    }
  }

  private skip(): void {
    for (;;) {
      while (/\s/.test(this.peek())) this.at++;
      if (!this.isComment()) return;
      this.comment();
    }
  }

  private comment(): void {
    const end = this.text.indexOf('\n', this.at);
    const comment = this.text.slice(this.at, end < 0 ? undefined : end);
    // The operator reads on in a comment with #: quotes and comments in it swallow what is below.
    const trap = comment.startsWith('#') ? /`|\/[/*]/.exec(comment) : null;
    if (trap) {
      const fix = 'remove these characters, as in a URL, from the comment';
      this.fail(`a comment with ${trap[0]}, behind which the operator loses lines`, fix, this.at + trap.index);
    }
    this.at += comment.length;
  }

  private blanks(): void {
    while (/[ \t\r]/.test(this.peek())) this.at++;
  }

  private isComment(): boolean {
    return this.peek() === '#' || this.text.startsWith('//', this.at);
  }

  private peek(): string {
    return this.text[this.at] ?? '';
  }

  private fail(what: string, fix: string, at = this.at): never {
    throw new Unreadable(at, what, fix);
  }
}

/** Whether the operator reads text that begins with a digit: a whole number, a decimal fraction, a duration, or words after a whole number. */
function isNumberToOperator(text: string): boolean {
  const [, whole = '', fraction, gap = '', rest = ''] = NUMBER.exec(text) ?? [];
  const [unit = ''] = /^[\p{L}_-][\p{L}\p{N}_-]*/u.exec(rest) ?? [];
  const isDuration = DURATION_UNITS.has(unit);
  if (rest === '' || (isDuration && rest === unit)) return fraction !== undefined || BigInt(whole) < 2n ** 63n;
  // Behind a fraction or a duration nothing else may follow. Digits with letters may look like a number of another base.
  return (
    fraction === undefined && !isDuration && (gap !== '' || !/^[\d._]|^[xob]/i.test(rest)) && BigInt(whole) < 2n ** 63n
  );
}

const NUMBER = /^(\d+)(\.\d*(?:[eE][+-]?\d+)?|[eE][+-]?\d+)?([ \t]*)(.*)$/;
const DURATION_UNITS: ReadonlySet<string> = new Set([
  ...['ns', 'nano', 'nanos', 'nanosecond', 'nanoseconds', 'us', 'micro', 'micros', 'microsecond', 'microseconds'],
  ...['ms', 'milli', 'millis', 'millisecond', 'milliseconds', 's', 'second', 'seconds', 'm', 'minute', 'minutes'],
  ...['h', 'hour', 'hours', 'd', 'day', 'days'],
]);

function unescaped(char: string): string {
  return { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }[char] ?? char;
}

/** Sets a value; an object is merged into the one that is there. */
function put(root: Mutable, [first, ...rest]: readonly string[], value: HoconValue): void {
  const key = first!;
  const known = Object.hasOwn(root, key) ? root[key] : undefined;
  if (rest.length === 0 && !isHoconObject(value)) {
    define(root, key, value);
    return;
  }
  const inner: Mutable = isHoconObject(known) ? { ...known } : {};
  if (rest.length > 0) put(inner, rest, value);
  else for (const [name, field] of Object.entries(value as HoconObject)) put(inner, [name], field);
  define(root, key, inner);
}

/** Also of a name like `__proto__`. */
function define(root: Mutable, key: string, value: HoconValue): void {
  Object.defineProperty(root, key, { value, enumerable: true, configurable: true, writable: true });
}
