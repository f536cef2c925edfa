/** The part of the addon that is used; it comes without types. */
declare module 'fs-native-extensions' {
  /** A lock of this open file; false when another open file has it. The kernel drops it with the last descriptor. */
  export function tryLock(descriptor: number, options?: { readonly shared?: boolean }): boolean;
  /** Punches a hole; the size stays. */
  export function trim(descriptor: number, offset: number, length: number): Promise<void>;
}
