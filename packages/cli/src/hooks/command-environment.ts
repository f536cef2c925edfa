/** What a program needs to find its way; everything else may be a secret of ours. */
const usual =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TERM|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|SYSTEMROOT|COMSPEC|PATHEXT|TEMP|TMP)$/u;

/** The environment of a command that the configuration names: the usual variables, those that it asks for, and what is told to it. */
export function commandEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  wanted: readonly string[],
  told: Readonly<Record<string, string | number | undefined>>,
): Readonly<Record<string, string>> {
  const passed = Object.entries(own).filter(([name]) => usual.test(name) || wanted.includes(name));
  const all = [...passed, ...Object.entries(told).map(([name, value]) => [`SYSIMAGE_${name}`, value] as const)];
  return Object.fromEntries(
    all.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value).replaceAll('\0', '')]])),
  );
}
