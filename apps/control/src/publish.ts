/** Asks for a job; asking for one that waits already is no error. */
export type Publish = (subject: string, job: object) => Promise<unknown>;
