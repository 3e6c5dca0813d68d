/** Topic names and filters of MQTT 3.1.1, chapter 4.7. */

const LONGEST = 65_535;

/** Whether a message can be published to it: not empty, no wildcard, no NUL. */
export function isTopicName(topic: string): boolean {
  return isTopic(topic) && !/[+#]/.test(topic);
}

/** Whether it can be subscribed to: `+` stands for a whole level, `#` for all that follow. */
export function isTopicFilter(filter: string): boolean {
  if (!isTopic(filter)) return false;
  if (isSharedFilter(filter)) {
    const [, group, shared] = /^\$(?:queue|share\/([^/]+))\/(.+)$/s.exec(filter) ?? [];
    return shared !== undefined && !/[+#]/.test(group ?? '') && isTopicFilter(shared);
  }
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}

/** A subscription shared by several clients: `$share/<group>/<filter>`, or `$queue/<filter>` of EMQX. */
export function isSharedFilter(filter: string): boolean {
  return filter.startsWith('$share/') || filter.startsWith('$queue/');
}

/** Topics on which the broker reports its own state. */
export function isSystemFilter(filter: string): boolean {
  return filter === '$SYS' || filter.startsWith('$SYS/');
}

function isTopic(text: string): boolean {
  return text.length > 0 && Buffer.byteLength(text) <= LONGEST && !text.includes('\0');
}
