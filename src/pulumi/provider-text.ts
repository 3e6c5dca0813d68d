/**
 * The text by which Pulumi finds the provider of a resource; it stands in the state of each. It never changes, so that a new version
 * of this library changes no resource, and old states are served by the version that is installed.
 */
export const PROVIDER_TEXT = 'exports.handler = () => require("emqx-blue-green/pulumi/runtime").provider;';
