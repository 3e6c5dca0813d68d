/**
 * The package `@pulumi/kubernetes`, an optional peer dependency that takes more than a second to load: only components need it.
 *
 * @throws Error when it is not installed
 */
export function kubernetesPackage(): typeof import('@pulumi/kubernetes') {
  try {
    return require('@pulumi/kubernetes');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error('this component needs the package @pulumi/kubernetes: npm install it, in version 4.20 or later');
  }
}
