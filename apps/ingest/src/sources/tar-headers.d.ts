declare module 'tar-stream/headers.js' {
  interface Header {
    name: string;
    type: string;
    size: number;
  }
  const headers: {
    decode(block: Uint8Array, encoding: string, allowUnknownFormat: boolean): Header | null;
    decodePax(bytes: Uint8Array): Record<string, string>;
    decodeLongPath(bytes: Uint8Array, encoding: string): string;
  };
  export default headers;
}
