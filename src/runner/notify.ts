import type { Told } from './told';

/** What is sent to a webhook: a JSON object of one of these kinds. */
const KINDS: readonly Told['kind'][] = ['plan', 'start', 'incident', 'end', 'stopped'];

/** Whether it is sent. */
export function isNotified({ kind }: Told): boolean {
  return KINDS.includes(kind);
}

/**
 * Posts it as JSON. No error shows the URL, which usually holds a token.
 *
 * @param urlOf reads the URL each time, because it may be replaced
 * @throws Error
 */
export async function notify(urlOf: () => string, told: Told, signal: AbortSignal): Promise<void> {
  let url: string;
  try {
    url = urlOf().trim();
  } catch {
    throw new Error('the file with the URL of the webhook cannot be read');
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Error('the URL of the webhook is not an http or https URL');
  }
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(told) };
  const response = await fetch(url, { ...request, redirect: 'error', signal }).catch(() => {
    throw new Error('the webhook does not answer');
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}
