import semver from 'semver';
import type { Rule } from '../resource/rules';
import { atLeastOne } from './_at-least-one';
import type { Findings } from './_findings';
import { dnsLabel } from './_namespace';
import type { EmqxOperatorProps } from './emqx-operator';
import { checkOperatorResources } from './operator-resources';
import { checkWebhook } from './operator-webhook';

export function checkOperator(findings: Findings, props: EmqxOperatorProps): void {
  if (props.namespace !== undefined) findings.check('namespace', props.namespace, dnsLabel);
  if (props.watchNamespace !== undefined) findings.check('watchNamespace', props.watchNamespace, dnsLabel);
  if (props.webhook !== undefined) checkWebhook(findings, 'webhook', props.webhook);
  if (props.version !== undefined) findings.check('version', props.version, version);
  if (props.image !== undefined) findings.check('image', props.image, repository);
  if (props.replicas !== undefined) findings.check('replicas', props.replicas, replicas);
  if (props.resources !== undefined) checkOperatorResources(findings, 'resources', props.resources);
}

const version: Rule = (value) => {
  const known = typeof value === 'string' && semver.valid(value) === value;
  if (known && semver.satisfies(value, '>=2.2.0 <2.3.0')) return undefined;
  return {
    bound: 'a version from 2.2.0 up to, but not including, 2.3.0',
    reason:
      known && semver.gte(value, '2.3.0-0')
        ? 'from 2.3.0 on the operator does not know EmqxEnterprise, and leaves the clusters alone'
        : 'the rights and arguments rendered here are those of 2.2',
    fix: 'choose "2.2.29", the last one',
  };
};

const repository: Rule = (value) =>
  typeof value === 'string' && /^[^\s@]+$/.test(value) && !value.split('/').at(-1)!.includes(':')
    ? undefined
    : {
        bound: 'the repository of an image, without tag and digest',
        reason: 'its tag is the version',
        fix: 'write for example "registry.example.com:5000/emqx/emqx-operator-controller"',
      };

const replicas = atLeastOne({
  reason: 'without a replica nobody looks after the clusters',
  fix: 'write 1, or 2 for one in reserve',
});
