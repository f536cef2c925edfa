/**
 * Reads from `offset` on by the number that an open file has in this process, which a thread of its own can do too. True: all that was
 * wanted was read. False: anything may have been; read as if it had not been tried. Rejects with the error of the system.
 */
export type DirectRead = (descriptor: number, offset: number) => Promise<boolean>;

/** Gives away the number that an open file has in this process, until `use` has ended: the file stays open as long. */
export type LendFile = <T>(use: (descriptor: number) => Promise<T>) => Promise<T>;
