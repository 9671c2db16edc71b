/** The name of a sample's file: the last part of its id, whose folders are the same for many. */
export const fileOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1);
