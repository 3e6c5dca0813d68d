/** Topic names and filters of MQTT 3.1.1, chapter 4.7. */

const LONGEST = 65_535;

/** Whether a message can be published to it: not empty, no wildcard, no NUL. */
export function isTopicName(topic: string): boolean {
  return isTopic(topic) && !/[+#]/.test(topic);
}

/** Whether it can be subscribed to: `+` stands for a whole level, `#` for all that follow. */
export function isTopicFilter(filter: string): boolean {
  if (!isTopic(filter)) return false;
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}

/** A subscription shared by several clients, which the simulated nodes do not know. */
export function isSharedFilter(filter: string): boolean {
  return filter.startsWith('$share/') || filter.startsWith('$queue/');
}

function isTopic(text: string): boolean {
  return text.length > 0 && Buffer.byteLength(text) <= LONGEST && !text.includes('\0');
}
