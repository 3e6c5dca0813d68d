/** A value in a configuration of EMQX 5 or 6. Times and sizes are text as EMQX has them: `'15s'`, `'2MB'`. */
export type EmqxConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly EmqxConfigValue[]
  | { readonly [name: string]: EmqxConfigValue | undefined };

/**
 * The configuration of the nodes, EMQX's `emqx.conf`: an object, whose names may be paths
 * (`{ 'log.console.level': 'info' }`), or HOCON text.
 *
 * Text must be HOCON that the operator's own reader takes, too, which is narrower than EMQX's; what it does not take is refused
 * with line and column. An object is always rendered so that both can read it.
 *
 * @see EMQX 5, "Configuration Files"
 */
export type EmqxConfig = string | { readonly [name: string]: EmqxConfigValue | undefined };
