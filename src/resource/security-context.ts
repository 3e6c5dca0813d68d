/** Defaults that the custom resource definition carries for whole objects. @see EMQX Operator 2.2.29 */
export const defaultPodSecurityContext = () => ({
  fsGroup: 1000,
  fsGroupChangePolicy: 'Always',
  runAsGroup: 1000,
  runAsUser: 1000,
  supplementalGroups: [1000],
});

export const defaultSecurityContext = () => ({ runAsGroup: 1000, runAsNonRoot: true, runAsUser: 1000 });
