/**
 * Requests to an open run, from every user that may write the journal's ConfigMap: its key `request` holds one of
 * these words. The run handles the request, and removes it.
 *
 * - `pause`: no more devices are disconnected, and no step is started; the nodes stop evacuating.
 * - `resume`: continues with what remains.
 * - `rate=<n>`: from now on at most n disconnects per second in the whole cluster.
 * - `abort`: rolls back to what ran before.
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
