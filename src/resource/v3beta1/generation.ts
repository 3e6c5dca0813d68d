import type { Generation } from '../generation';
import { EMQX_V3_API_VERSION } from '../v2beta1/constants';
import type { Emqx } from '../v2beta1/emqx';
import { v2beta1 } from '../v2beta1/generation';
import { reportAt } from '../v2beta1/state';

/** Of its conditions, those that the status may be described by: the first that is true. */
const CONDITIONS = ['Ready', 'ReplicantNodesProgressing', 'CoreNodesProgressing', 'Available', 'EMQXAPIAvailable'];

/**
 * EMQX v3beta1, of operator 3: read only. Of its spec only what it shares with v2beta1 is read, and nothing is ever written to it.
 *
 * Its cores are one stateful set, whose pods the operator replaces in place, one by one; its replicants have a replica set for each
 * template, as before.
 *
 * @see EMQX Operator 3.0, `api/v3beta1` and `internal/controller/sync_core_set.go`: read
 */
export const v3beta1: Generation<Emqx> = {
  ...v2beta1,
  apiVersion: EMQX_V3_API_VERSION,
  strategyOf: () => undefined,
  delayOf: () => undefined,
  triggersOf: ({ spec }) => spec,
  movesStorage: true,
  operators: [{ range: '>=3.0.0 <4.0.0', name: '3', isTried: false }],
  onlyRead: {
    reason:
      'operator 3 has no blue-green upgrade: it replaces the cores of one stateful set in place, the last one first, with nothing that could hold it, and moves devices to cores that are replaced after that; no upgrade by this program is possible',
    fix: 'let the operator do the upgrade (a device may be moved up to once per core), or as the vendor says for a change of the operator: create a second cluster beside it and lead devices there; sessions and stored messages stay behind',
  },
  reportOf(resource) {
    const conditions = resource.status?.conditions;
    const isTrue = (type: string) => conditions?.some((each) => each.type === type && each.status === 'True');
    return reportAt(resource, CONDITIONS.find(isTrue));
  },
};
