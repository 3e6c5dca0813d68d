import semver from 'semver';
import { DEFAULT_CLUSTER_DOMAIN, INT32_MAX } from '../constants';
import type { Violation } from '../problem';
import { clusterNameUpTo, optional, type Rule, tooLargeFor32Bits, wholeNumber } from '../rules';
import { EMQX_MAX_NAME_LENGTH, MAX_CORES, OPERATOR_API_KEY } from './constants';
import { editionOfImage, partsOfImage, versionOfImage } from './image';

/** The oldest version of EMQX that operator 2.2 runs as an EMQX. @see EMQX Operator 2.2.29, README */
const OLDEST_EMQX_VERSION = '5.1.1';

/** Name of an EMQX. */
export const emqxName = clusterNameUpTo(EMQX_MAX_NAME_LENGTH);

/** A version of EMQX 5.1.1 or later, in full. Whether its image can be upgraded is another question. */
export const emqxVersionText: Rule = (value) => {
  if (typeof value === 'string' && semver.valid(value) === value && semver.gte(value, OLDEST_EMQX_VERSION))
    return undefined;
  const bound = `a version from ${OLDEST_EMQX_VERSION} on`;
  if (typeof value !== 'string' || semver.valid(value) !== value) {
    const reason = 'it is a part of the tag of the image, and an upgrade is planned by it';
    return { bound, reason, fix: 'write all three numbers, for example "5.8.9"' };
  }
  if (semver.gte(value, '5.0.0')) {
    return { bound, reason: 'operator 2.2 does not support older versions', fix: 'choose a later version' };
  }
  const reason = 'EMQX 4.4 is described by another custom resource, that of EmqxEnterpriseCluster';
  return { bound, reason, fix: 'use EmqxEnterpriseCluster, or choose a later version' };
};

/** An image of EMQX 5.1.1 or later that can evacuate a node. */
export const emqxImage: Rule = (value) => {
  const bound = `an image of EMQX Enterprise from ${OLDEST_EMQX_VERSION} on, with its whole version as tag`;
  const fix = 'write for example emqx/emqx-enterprise:5.8.9';
  if (typeof value !== 'string' || value === '') {
    return { bound, reason: 'the custom resource definition requires it, and it says the version', fix };
  }
  if (/\s/.test(value)) return { bound, reason: 'the name of an image has no spaces', fix };
  const version = versionOfImage(value);
  if (version === undefined) {
    const { tag } = partsOfImage(value);
    const reason =
      tag === undefined || tag === 'latest'
        ? 'a tag that moves can neither be planned nor rolled back'
        : `its tag (${JSON.stringify(tag)}) does not say which version it is, so that an upgrade could not be planned`;
    return { bound, reason, fix };
  }
  if (semver.lt(version, '5.0.0')) {
    const reason = 'EMQX 4.4 is described by another custom resource (kind EmqxEnterprise)';
    return { bound, reason, fix: 'choose an image of EMQX 5 or 6, or write an EmqxEnterprise' };
  }
  if (semver.lt(version, OLDEST_EMQX_VERSION)) {
    return { bound, reason: 'operator 2.2 does not support older versions', fix: 'choose a later version' };
  }
  if (editionOfImage(value) === 'open-source') {
    const reason =
      'the open-source EMQX of up to 5.8 cannot evacuate a node, and the operator removes old nodes with all clients on them';
    return { bound, reason, fix: 'choose emqx/emqx-enterprise, or from 5.9 on emqx/emqx, which is the same edition' };
  }
  return undefined;
};

/** Version of EMQX 5 or 6, which is in the tag of the image. */
export const emqx5Version: Rule = (value) => {
  const bound = `a version from ${OLDEST_EMQX_VERSION} on`;
  const fix = 'write all three numbers, like "5.8.9"';
  const version = typeof value === 'string' ? semver.parse(value) : null;
  // semver itself would also accept " v5.8.9", which makes another tag.
  if (!version || version.version !== value) {
    return { bound, reason: 'this is not a semantic version (three numbers, nothing before them)', fix };
  }
  if (version.compare(OLDEST_EMQX_VERSION) >= 0) return undefined;
  return version.major < 5
    ? {
        bound,
        reason: 'EMQX 4.4 is described by another custom resource (kind EmqxEnterprise)',
        fix: 'choose a later version',
      }
    : { bound, reason: 'operator 2.2 does not support older versions', fix: 'choose a later version' };
};

/** Number of cores; absent is 2. */
export const cores: Rule = optional(
  wholeNumber(
    1,
    MAX_CORES,
    `a whole number from 1 to ${MAX_CORES}`,
    'set the number of cores, for example 3; more connections need replicants',
    (value) =>
      value && value > MAX_CORES
        ? 'operator 2.2 takes core 10 for core 1, counts one too many, and never reports more than ten cores as Ready'
        : 'without a core there is no cluster',
  ),
);

/** Number of replicants; absent is 2, and 0 is none. */
export const replicants: Rule = optional(
  wholeNumber(
    0,
    INT32_MAX,
    'a whole number of at least 0',
    'set the number of replicants, for example 3; leave replicantTemplate out for none',
    (value) => tooLargeFor32Bits(value) ?? 'a number of nodes is not negative',
  ),
);

/** Absent is cluster.local. */
export const clusterDomain: Rule = optional((value) =>
  value === DEFAULT_CLUSTER_DOMAIN
    ? undefined
    : {
        bound: `left out, or ${DEFAULT_CLUSTER_DOMAIN}`,
        reason:
          'operator 2.2 looks for cores under this domain only, takes all others for stopped, and removes them with all clients on them',
        fix: 'leave it out; with another DNS domain no upgrade is safe',
      },
);

/** Of `toleRations`. */
export const oldSpelling: Rule = optional(() => ({
  bound: 'spelled tolerations',
  reason: 'the operator reads this spelling only for old resources, and adds it to the other',
  fix: 'write tolerations: the pods stay as they are',
}));

/** Of a disruption budget of which both bounds are given. */
export const bothBounds: Violation = {
  bound: 'left out with minAvailable',
  reason: 'a PodDisruptionBudget has one of the two, and the API server refuses both',
  fix: 'keep the one you mean',
};

/** Of an `updateStrategy` without rates, which the definition fills in only where the strategy is there. */
export const noEvacuationStrategy: Violation = {
  bound: 'an object with connEvictRate, sessEvictRate and waitTakeover',
  reason: 'the operator sends missing rates as 0, EMQX refuses 0, and the upgrade hangs without an error',
  fix: 'set how many connections and sessions a node may evict per second, for example 100 each, and the wait, for example 10',
};

/** Names that move the node of a core away from where the operator looks for it. */
const NODE_NAME_VARIABLES: readonly unknown[] = ['EMQX_HOST', 'EMQX_NAME', 'EMQX_NODE_NAME', 'EMQX_NODE__NAME'];

/** Of the name of a variable of a node. */
export const variableName: Rule = (value) =>
  NODE_NAME_VARIABLES.includes(value)
    ? {
        bound: 'left out',
        reason:
          'the operator looks for each node under the name it chose, takes all others for stopped, and removes them with all clients on them',
        fix: 'remove the variable',
      }
    : undefined;

/** Of the text of an API key. */
export const apiKeyName: Rule = (value) =>
  value === OPERATOR_API_KEY
    ? {
        bound: 'another name',
        reason: 'this one is the key of the operator itself',
        fix: 'choose a name of your own',
      }
    : undefined;

/** Of an API key that is not given in exactly one form. */
export const apiKeyForm: Violation = {
  bound: 'key and secret, or secretRef',
  reason: 'the operator writes what is missing as empty text, and ignores key and secret beside secretRef',
  fix: 'keep secretRef, which keeps the secret out of the resource, or give both, key and secret',
};
