/** Where the image of EMQX comes from; its tag is `<prefix><version><suffix>`. */
export interface EmqxImage {
  /** For example `registry.example.com:5000`. @default - the container runtime's own, usually Docker Hub */
  readonly registry?: string;

  /** @default - emqx/emqx-ee; of an EmqxCluster emqx/emqx-enterprise */
  readonly repository?: string;

  /** Part of the tag before the version. @default - nothing */
  readonly prefix?: string;

  /** Part of the tag after the version, for example `-alpine`. @default - nothing */
  readonly suffix?: string;

  /**
   * When the image is pulled.
   *
   * @default "IfNotPresent"
   * @see https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
   */
  readonly pullPolicy?: 'Always' | 'Never' | 'IfNotPresent';
}
