/** Those parts of Kubernetes' core/v1 API that the constructs take as they are. */
export type * from './pods';
export type * from './selectors';
export type * from './volumes';
