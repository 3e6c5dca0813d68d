import type { Violation } from '../resource/problem';
import { formatPath } from '../resource/problem';
import type { Findings } from './_findings';
import type { EmqxConfig } from './emqx-config';

type Steps = readonly (string | number)[];

/** A configuration as the text of `spec.config.data`; undefined where nothing is given. */
export function configTextOf(
  given: EmqxConfig | undefined,
  own: Readonly<Record<string, unknown>>,
): string | undefined {
  const text = typeof given === 'string' ? given.trimEnd() : isFields(given) ? fieldsText(given, '') : '';
  const parts = [text, fieldsText(own, '')].filter((part) => part !== '');
  return parts.length > 0 ? `${parts.join('\n')}\n` : undefined;
}

/** Values that no configuration can hold; those of text are read by the rules of the resource. */
export function checkConfigValues(findings: Findings, path: string, given: unknown): void {
  if (given === undefined || typeof given === 'string') return;
  if (!isFields(given)) findings.report(path, given, noConfig);
  else for (const [name, value] of Object.entries(given)) checkValue(findings, [path, name], value);
}

function checkValue(findings: Findings, steps: Steps, value: unknown): void {
  if (value === undefined || value === null || ['string', 'boolean'].includes(typeof value)) return;
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      if (item === undefined) findings.report(formatPath([...steps, index]), item, noValue);
      else checkValue(findings, [...steps, index], item);
    });
  } else if (isFields(value)) {
    for (const [name, field] of Object.entries(value)) checkValue(findings, [...steps, name], field);
  } else if (typeof value !== 'number' || !Number.isFinite(value)) {
    findings.report(formatPath(steps), typeof value === 'number' ? value : typeof value, noValue);
  }
}

/** A setting on each line; objects in braces. */
function fieldsText(fields: object, indent: string): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const written = valueText(value, indent);
      return `${indent}${nameText(name)}${isFields(value) ? ' ' : ' = '}${written}`;
    })
    .join('\n');
}

function valueText(value: unknown, indent: string): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (!value.some((item) => typeof item === 'object' && item !== null)) {
      return `[${value.map((item) => valueText(item, deeper)).join(', ')}]`;
    }
    return `[\n${value.map((item) => deeper + valueText(item, deeper)).join(',\n')}\n${indent}]`;
  }
  if (isFields(value)) return Object.keys(value).length > 0 ? `{\n${fieldsText(value, deeper)}\n${indent}}` : '{}';
  return JSON.stringify(
    typeof value === 'string' || typeof value === 'boolean' || value === null ? value : Number(value),
  );
}

/** Full stops separate the parts of a path; a part that is no plain name is put in quotes. */
function nameText(name: string): string {
  const plain = (part: string) => /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(part) && part !== 'include';
  return name
    .split('.')
    .map((part) => (plain(part) ? part : JSON.stringify(part)))
    .join('.');
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const noConfig: Violation = {
  bound: 'an object, or HOCON text',
  reason: 'it becomes the configuration file of the nodes',
  fix: "write for example { log: { console: { level: 'info' } } }",
};

const noValue: Violation = {
  bound: 'text, a finite number, true, false, null, a list or an object',
  reason: 'a configuration file holds nothing else',
  fix: "write times and sizes as EMQX has them: '15s', '2MB'",
};
