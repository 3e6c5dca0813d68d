/**
 * The text by which Pulumi finds the provider of a resource; it is part of each resource's state. It never changes, so that a new
 * version of this library changes no resource, and old states are handled by the installed version.
 */
export const PROVIDER_TEXT = 'exports.handler = () => require("emqx-blue-green/pulumi/runtime").provider;';
