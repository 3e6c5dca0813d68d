import { canonicalQuantity } from './canonical-quantity';

type Fields = Record<string, unknown>;

/**
 * Puts a container into the form in which it is stored: protocols of ports and services of gRPC probes are filled in by the
 * definition, quantities get their canonical form, and empty fields (`resources: {}`, an empty value of a variable) are left out.
 */
export function normalizeContainer(container: unknown): void {
  if (!isFields(container)) return;
  each(container['ports'], (port) => {
    port['protocol'] ??= 'TCP';
  });
  each(container['env'], (variable) => {
    if (variable['value'] === '') delete variable['value'];
  });
  normalizeProbe(container['livenessProbe']);
  normalizeProbe(container['readinessProbe']);
  normalizeProbe(container['startupProbe']);
  if (isEmpty(container['resources'])) delete container['resources'];
  normalizeResources(container['resources']);
}

export function normalizeContainers(containers: unknown): void {
  each(containers, normalizeContainer);
}

/** Puts requests and limits, of a container or of a claim, into the form in which they are stored. */
export function normalizeResources(resources: unknown): void {
  if (!isFields(resources)) return;
  for (const amounts of Object.values(resources).filter(isFields)) {
    for (const name of Object.keys(amounts)) amounts[name] = canonicalQuantity(amounts[name]);
  }
}

/** Whether a field is empty: Go programs write `{}` for an empty field. */
export function isEmpty(value: unknown): boolean {
  return isFields(value) && Object.keys(value).length === 0;
}

function normalizeProbe(probe: unknown): void {
  if (isFields(probe) && isFields(probe['grpc'])) probe['grpc']['service'] ??= '';
}

function each(list: unknown, change: (item: Fields) => void): void {
  if (Array.isArray(list)) list.filter(isFields).forEach(change);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
