import { HIDDEN, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import { objectName } from './_check-pod';
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

/** What a kind of cluster takes as an API key. */
export interface ApiKeyForm {
  /** The operator's own key. */
  readonly own: string;
  readonly pattern: RegExp;
  /** What the pattern allows. */
  readonly allowed: string;
  readonly maxSecretLength: number;
  /** Whether a Secret may hold it. */
  readonly fromSecret: boolean;
}

const FORM: ApiKeyForm = {
  own: 'emqx_operator_controller',
  pattern: /^[a-zA-Z\d_]+$/,
  allowed: "letters, digits and '_'",
  maxSecretLength: 32,
  fromSecret: false,
};

/** Keys of the management API; neither they nor their secrets are ever shown. */
export function checkApiKeys(findings: Findings, path: string, apiKeys: unknown, form: ApiKeyForm = FORM): void {
  if (!Array.isArray(apiKeys)) {
    findings.report(path, HIDDEN, noApiKey);
    return;
  }
  const taken = new Set<unknown>([form.own]);
  apiKeys.forEach((apiKey: unknown, index) => {
    const at = `${path}[${index}]`;
    if (!(apiKey instanceof ApiKey)) {
      findings.report(at, HIDDEN, noApiKey);
      return;
    }
    if (apiKey.secretName !== undefined) {
      if (form.fromSecret) findings.check(at, apiKey.secretName, objectName);
      else findings.report(at, HIDDEN, noSecretHere);
      return;
    }
    const key: unknown = apiKey.key;
    const secret: unknown = apiKey.secret();
    if (typeof key !== 'string' || !form.pattern.test(key)) findings.report(`${at}.key`, HIDDEN, badKey(form));
    if (taken.has(key)) findings.report(`${at}.key`, HIDDEN, keyTaken(form));
    taken.add(key);
    const length = typeof secret === 'string' && !/[\r\n]/.test(secret) ? secret.length : 0;
    if (length < 3 || length > form.maxSecretLength) {
      findings.report(`${at}.secret`, secret === undefined ? undefined : HIDDEN, badSecret(form));
    }
  });
}

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

const noSecretHere: Violation = {
  bound: 'given by ApiKey.of',
  reason: 'the custom resource of EMQX 4.4 has no field for a Secret with it',
  fix: 'read it from where you keep secrets, and keep the manifests out of version control',
};

const badKey = ({ allowed }: ApiKeyForm): Violation => ({
  bound: allowed,
  reason: 'the definition of the custom resource allows no others',
  fix: "write for example 'dashboards'",
});

const keyTaken = ({ own }: ApiKeyForm): Violation => ({
  bound: 'given once',
  reason: `EMQX reads a list of keys, and one of them, ${own}, is that of the operator itself`,
  fix: 'choose another key',
});

const badSecret = ({ maxSecretLength }: ApiKeyForm): Violation => ({
  bound: `text of 3 to ${maxSecretLength} characters, in one line`,
  reason: 'the definition of the custom resource allows no others, and EMQX reads one key a line',
  fix: 'generate another secret',
});
