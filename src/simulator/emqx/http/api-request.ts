/** One HTTP request to the management API, port 8081. */
export interface ApiRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
}
