/**
 * Calls back when this process, the host of dynamic providers, is to end while an operation runs. Without this Node ends at once, in
 * the middle of whatever is being written.
 *
 * @param stop at SIGTERM, as from a CI runner that ends all processes of a job: the engine may still record the result
 * @param abandon at SIGINT, by which the engine ends its providers when it is itself told to end at once, 5 s before SIGKILL: nothing
 * records the result. Ctrl-C in a terminal does not reach this process, which is in a process group of its own
 * @returns a function that stops listening
 * @see pulumi/pulumi, sdk/go/common/resource/plugin/plugin.go
 */
export function onSignals(stop: () => void, abandon: () => void): () => void {
  process.on('SIGTERM', stop);
  process.on('SIGINT', abandon);
  return () => {
    process.off('SIGTERM', stop);
    process.off('SIGINT', abandon);
  };
}
