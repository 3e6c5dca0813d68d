import { HIDDEN, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import type { Findings } from './_findings';
import { ApiKey } from './api-key';

/** Rules of the ACL: one Erlang term each. */
export function checkAcl(findings: Findings, path: string, acl: unknown): void {
  if (!Array.isArray(acl) || acl.length === 0) {
    findings.report(path, Array.isArray(acl) ? undefined : acl, noRules);
    return;
  }
  acl.forEach((rule: unknown, index) => {
    findings.check(`${path}[${index}]`, rule, aclRule);
  });
}

/** Keys of the management API; neither they nor their secrets are ever shown. */
export function checkApiKeys(findings: Findings, path: string, apiKeys: unknown): void {
  if (!Array.isArray(apiKeys)) {
    findings.report(path, HIDDEN, noApiKey);
    return;
  }
  const taken = new Set<unknown>([OPERATORS_OWN]);
  apiKeys.forEach((apiKey: unknown, index) => {
    const at = `${path}[${index}]`;
    if (!(apiKey instanceof ApiKey)) {
      findings.report(at, HIDDEN, noApiKey);
      return;
    }
    const { key } = apiKey;
    const secret: unknown = apiKey.secret();
    if (typeof key !== 'string' || !/^[a-zA-Z\d_]+$/.test(key)) findings.report(`${at}.key`, HIDDEN, badKey);
    if (taken.has(key)) findings.report(`${at}.key`, HIDDEN, keyTaken);
    taken.add(key);
    const length = typeof secret === 'string' && !/[\r\n]/.test(secret) ? secret.length : 0;
    if (length < 3 || length > 32) {
      findings.report(`${at}.secret`, secret === undefined ? undefined : HIDDEN, badSecret);
    }
  });
}

/** The operator's own user of the management API. @see EMQX Operator 2.2.29 */
const OPERATORS_OWN = 'emqx_operator_controller';

const aclRule: Rule = (value) =>
  typeof value === 'string' && /^\s*\{.*\}\s*\.\s*$/s.test(value)
    ? undefined
    : {
        bound: 'a rule in braces with a full stop behind it',
        reason: 'EMQX reads the rules as Erlang terms, and applies none of a file it cannot parse',
        fix: 'write for example "{allow, all}."',
      };

const noRules: Violation = {
  bound: 'a list of one or more rules',
  reason: 'the operator replaces an empty list with four rules of its own, and the last of them allows everything',
  fix: 'write for example ["{deny, all}."], or leave it out',
};

const noApiKey: Violation = {
  bound: 'an ApiKey, in a list',
  reason: 'it keeps the secret out of what is printed',
  fix: "write for example [ApiKey.of('dashboards', secret)]",
};

const badKey: Violation = {
  bound: "letters, digits and '_'",
  reason: 'the definition of the custom resource allows no others',
  fix: "write for example 'dashboards'",
};

const keyTaken: Violation = {
  bound: 'given once',
  reason: 'EMQX reads a list of keys, and one of them, emqx_operator_controller, is that of the operator itself',
  fix: 'choose another key',
};

const badSecret: Violation = {
  bound: 'text of 3 to 32 characters, in one line',
  reason: 'the definition of the custom resource allows no others, and EMQX reads one key a line',
  fix: 'generate another secret',
};
