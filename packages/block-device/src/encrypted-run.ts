const unit = 512;
const madeByLuks = /^CRYPT-LUKS[12]-/u;
/** Each sector by itself: these take a key, the number of the sector, and nothing of any other. */
const bySector = /^[\w(),:-]+-(?:xts|cbc|adiantum)-(?:plain|plain64|plain64be|benbi|essiv:[a-z0-9-]+)$/u;
const kernelSpelling = /^capi:(?:xts|cbc|adiantum)\([\w(),-]+\)-(?:plain|plain64|plain64be|benbi|essiv:[a-z0-9-]+)$/u;
/** How it is worked, and not what comes of it. */
const harmless: ReadonlySet<string> = new Set([
  'allow_discards',
  'same_cpu_crypt',
  'submit_from_crypt_cpus',
  'no_read_workqueue',
  'no_write_workqueue',
  'high_priority',
  'iv_large_sectors',
]);

/** Where the encrypted bytes lie that device-mapper shows as others. */
export interface EncryptedRun {
  /** Number of the device, and where on it they start, bytes. */
  readonly below: string;
  readonly offset: number;
  /** Bytes that are encrypted together. */
  readonly sector: number;
}

/**
 * What stands behind `crypt` in a table of device-mapper (Linux, admin-guide/device-mapper/dm-crypt.rst): `cipher key iv-offset device
 * offset [count options…]`. In words, why a byte that is encrypted may not lie where the plain one is.
 */
export function encryptedRun(maker: string, rest: string): EncryptedRun | { readonly whyNot: string } {
  if (!madeByLuks.test(maker)) return { whyNot: 'it is encrypted, and not by LUKS' };
  const [cipher = '', , , below = '', offset = '', , ...options] = rest.split(' ');
  if (!bySector.test(cipher) && !kernelSpelling.test(cipher))
    return { whyNot: `whether ${cipher} encrypts each sector by itself is not known` };
  if (!/^\d+:\d+$/u.test(below) || !/^\d{1,13}$/u.test(offset)) return { whyNot: 'its table cannot be read' };
  let sector = unit;
  for (const option of options) {
    const [, size] = /^sector_size:(512|1024|2048|4096)$/u.exec(option) ?? [];
    if (size !== undefined) sector = Number(size);
    else if (!harmless.has(option)) return { whyNot: `it is encrypted with an option that is not known (${option})` };
  }
  return { below, offset: Number(offset) * unit, sector };
}
