/**
 * What may be asked of a run under way, by anybody who may write the journal's ConfigMap: its key `request` holds one of
 * these words. The run takes it up, and removes it.
 *
 * - `pause`: nobody is disconnected any more, and no step is begun; the nodes are told to stop.
 * - `resume`: goes on with what is left.
 * - `rate=<n>`: at most n disconnects a second in the whole cluster from now on.
 * - `abort`: back to what ran before.
 */
export type Control = { do: 'pause' } | { do: 'resume' } | { do: 'abort' } | { do: 'rate'; perSecond: number };

/** The words of the ConfigMap; undefined for others. */
export function parseControl(text: string): Control | undefined {
  const word = text.trim();
  if (word === 'pause' || word === 'resume' || word === 'abort') return { do: word };
  const perSecond = Number(/^rate=(\d{1,9})$/.exec(word)?.[1] ?? 0);
  return perSecond >= 1 ? { do: 'rate', perSecond } : undefined;
}

export function controlText(control: Control): string {
  return control.do === 'rate' ? `rate=${control.perSecond}` : control.do;
}
